"""What a rule can mean: the four stages, in the order of the pipeline."""
