"""Who works here: people, departments, roles, sign-in."""
