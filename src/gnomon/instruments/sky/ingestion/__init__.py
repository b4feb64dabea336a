"""One ingestion: what somebody asks the archives for, and what came of it."""
