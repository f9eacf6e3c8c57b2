"""What carrying out a plan needs: assembly, lock, failures, storage, evaluation."""
