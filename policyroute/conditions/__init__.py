"""What a rule may ask of a call: the algebra, the questions, and the reader that answers them all at once."""
