"""Tables of files into SQL databases, as a job file says."""
