"""The commands: thin, and quick to answer, because what is heavy is imported after the arguments are understood."""
