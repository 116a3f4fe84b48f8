-- How many streams a life has is asked whenever it opens one.
CREATE INDEX streams_life ON streams (author, incarnation);
