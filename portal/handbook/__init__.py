"""How we do this here: the policy, good and bad examples, the first five minutes, and practice that counts nowhere."""
