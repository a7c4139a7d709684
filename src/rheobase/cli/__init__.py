"""The command `rheobase`: see `rheobase --help`."""
