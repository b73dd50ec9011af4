-- What you did about an introduction is a step of its life, whoever recorded it: the decisions about
-- introductions move in among the steps, in the order of recording. A refusal becomes the step that it is.
-- Another answer did not move the life, and does not now: it becomes 'answered'. Of two answers the later one
-- counts: it names in `undoes` the one whose place it takes. Steps are numbered anew where answers move in.

CREATE TEMP TABLE moved AS
WITH answers AS (
  SELECT *, max(recorded_at) OVER (ORDER BY id) AS moment
  FROM decisions WHERE kind = 'introduction' AND request IN (SELECT request FROM introductions)
), steps AS (
  SELECT *, max(recorded_at) OVER (ORDER BY id) AS moment FROM introduction_events
), every AS (
  SELECT 'step' AS origin, id, moment, 1 AS place FROM steps
  UNION ALL
  -- A sheet wrote both in one moment: 'introduce' before the introduction, a refusal after the contact's.
  SELECT 'answer', id, moment, CASE WHEN action = 'introduce' AND EXISTS (
    SELECT 1 FROM introduction_events e
    WHERE e.introduction = answers.request AND e.step = 'introduced' AND e.recorded_at = answers.recorded_at
  ) THEN 0 ELSE 2 END FROM answers
)
SELECT origin, id, CASE
  WHEN EXISTS (SELECT 1 FROM answers) THEN row_number() OVER (ORDER BY moment, place, id) ELSE id
END AS number FROM every;

CREATE TABLE steps_and_answers (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  introduction TEXT NOT NULL REFERENCES introductions (request),
  step         TEXT NOT NULL CHECK (step IN (
    'judged', 'asked_more', 'call_me', 'permission_asked', 'permission_given', 'permission_refused',
    'introduced', 'followed_up', 'outcome_requester', 'outcome_contact', 'declined', 'redirected', 'answered',
    'undone')),
  at           TEXT NOT NULL,
  recorded_at  TEXT NOT NULL,
  detail       TEXT NOT NULL CHECK (json_valid(detail)),
  source       TEXT NOT NULL,
  undoes       INTEGER REFERENCES steps_and_answers (id)
) STRICT;

INSERT INTO steps_and_answers (id, introduction, step, at, recorded_at, detail, source, undoes)
SELECT mine.number, e.introduction, e.step, e.at, e.recorded_at, e.detail, e.source, other.number
FROM introduction_events e
JOIN temp.moved mine ON mine.origin = 'step' AND mine.id = e.id
LEFT JOIN temp.moved other ON other.origin = 'step' AND other.id = e.undoes
UNION ALL
SELECT
  mine.number,
  d.request,
  CASE d.action WHEN 'decline' THEN 'declined' WHEN 'redirect' THEN 'redirected' WHEN 'undone' THEN 'undone'
    ELSE 'answered' END,
  d.at,
  d.recorded_at,
  json_patch('{}', json_object(
    'action', CASE WHEN d.action NOT IN ('decline', 'redirect', 'undone') THEN d.action END,
    'because', nullif(d.because, ''),
    'opinion_seen', CASE WHEN d.opinion_seen AND d.action != 'undone' THEN json('true') END,
    'remind_on', d.remind_on)),
  d.source,
  other.number
FROM decisions d
JOIN temp.moved mine ON mine.origin = 'answer' AND mine.id = d.id
LEFT JOIN temp.moved other ON other.origin = 'answer' AND other.id = coalesce(d.undoes, (
  SELECT max(before.id) FROM decisions before
  WHERE before.request = d.request AND before.action != 'undone' AND d.action != 'undone' AND before.id < d.id))
ORDER BY 1;

-- A number that a forgotten step had is not given again.
UPDATE sqlite_sequence SET seq = (
  SELECT max(seq) FROM sqlite_sequence WHERE name IN ('introduction_events', 'steps_and_answers')
) WHERE name = 'steps_and_answers';

INSERT INTO forgetting VALUES ('nobody: answers become steps');
DELETE FROM decisions WHERE id IN (SELECT id FROM temp.moved WHERE origin = 'answer');
DROP TABLE introduction_events;
DELETE FROM forgetting;
DROP TABLE temp.moved;
ALTER TABLE steps_and_answers RENAME TO introduction_events;
CREATE INDEX introduction_events_introduction ON introduction_events (introduction);

CREATE TRIGGER introduction_events_are_not_changed BEFORE UPDATE ON introduction_events
WHEN NOT EXISTS (SELECT 1 FROM forgetting)
BEGIN SELECT RAISE(ABORT, 'events are never changed; undo one by a new event'); END;

CREATE TRIGGER introduction_events_are_not_deleted BEFORE DELETE ON introduction_events
WHEN NOT EXISTS (SELECT 1 FROM forgetting)
BEGIN SELECT RAISE(ABORT, 'events are never deleted; undo one by a new event'); END;

CREATE TRIGGER introduction_events_are_not_replaced BEFORE INSERT ON introduction_events
WHEN EXISTS (SELECT 1 FROM introduction_events WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'events are never changed; undo one by a new event'); END;
