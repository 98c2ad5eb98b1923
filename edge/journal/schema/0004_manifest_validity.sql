-- Until when a manifest is valid, read out of its bytes, so that it cannot say something else.
ALTER TABLE manifest ADD COLUMN valid_until TEXT GENERATED ALWAYS AS (
    CASE WHEN json_valid(CAST(body AS TEXT))
    THEN CAST(json_extract(CAST(body AS TEXT), '$.valid_until') AS TEXT) END
) VIRTUAL;
CREATE INDEX manifest_by_validity ON manifest (valid_until);
