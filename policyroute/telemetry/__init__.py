"""What others may see of a call: spans, metrics and a log line. Names and numbers of the policy, never a word of the call."""
