"""The life of one call: admitted with a hold on what it can cost, and settled to what it did cost."""
