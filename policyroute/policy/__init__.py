"""The policy language: reading, shape, compiling, prices, and the tests of a policy."""
