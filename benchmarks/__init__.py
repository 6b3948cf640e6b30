"""How fast the hot paths are, beside a bare reference in the same run: `python -m benchmarks.NAME [--quick] [--json FILE]`.

Only ratios inside one run mean anything; absolute figures are for orientation. `run` starts the servers and prints,
`load` is the client, `bare` the reference, every other module one hot path.
"""
