"""What came of it: figures that unfold, charts and exports."""
