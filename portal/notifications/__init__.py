"""What reaches a colleague without their asking at that moment, by their own choice: digests, reminders, pushes."""
