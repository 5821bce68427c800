"""Keep files on a disk or in S3, and short notes in a cache."""
