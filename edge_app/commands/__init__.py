"""The commands of `./edge`, one file each: what they take (`add_arguments`) and what they do (`run`)."""
