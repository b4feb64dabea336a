"""From raw observations to published products, for small instrument teams."""
