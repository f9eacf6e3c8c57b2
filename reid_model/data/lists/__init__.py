"""Data sets as folders or as lists of crops, and several training sets as one."""
