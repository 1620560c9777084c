"""Pictures of the kit's tables, in one house style."""
