-- What is kept of each author in each lane: bytes of headers, signatures and payloads, entries, and since when.
CREATE TABLE usage (
    author TEXT NOT NULL,
    lane INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    entries INTEGER NOT NULL,
    since_ms INTEGER NOT NULL,
    PRIMARY KEY (author, lane)
) STRICT, WITHOUT ROWID;

-- A lane that this version does not know counts as work.
INSERT INTO usage (author, lane, bytes, entries, since_ms)
SELECT author, CASE lane WHEN 1 THEN 1 ELSE 2 END,
    SUM(length(header) + length(signature) + CASE has_payload WHEN 1 THEN payload_bytes ELSE 0 END),
    COUNT(*), MIN(committed_at_ms)
FROM entries GROUP BY author, CASE lane WHEN 1 THEN 1 ELSE 2 END;
