"""The laboratory of the book: a room for each later chapter, and what defends the story."""
