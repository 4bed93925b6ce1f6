"""The dossier of a unit: all that is known of it on one screen."""
