"""How fast the hot paths are, each beside a bare reference in the same run.

`python -m benchmarks.NAME [--quick] [--json FILE]`. Only ratios inside one run mean anything; absolute
figures are for orientation. `run` starts the servers and prints, `load` is the client, `bare` the
reference, and every other module is one hot path.
"""
