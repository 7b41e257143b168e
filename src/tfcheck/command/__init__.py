"""What each command is asked, and which library call answers it: one module for each command."""
