"""Commands about one scan: what a path holds, where T12 is, and what it measures there."""
