"""Light curves of all surveys: their schema, how they merge, how they are read."""
