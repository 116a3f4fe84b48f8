-- By stream: whether a stream is wanted is asked for each one that goes, also by the engine itself (foreign key).
CREATE INDEX wants_stream ON wants (stream);
