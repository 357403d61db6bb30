"""What a run leaves behind: its folder, status, provenance and metrics on disk, and its view in W&B.

Import from the modules: the report reads run folders and must not wait for Lightning and W&B.
"""
