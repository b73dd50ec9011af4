-- What the ledger holds, under names that stay: for Datasette, DuckDB, a spreadsheet. Moments are text in UTC
-- (2024-03-05T10:00:00+00:00), days are 2024-03-05, yes and no are 1 and 0. The first line above a view says what it
-- lists; the word beside a column says what it holds. The page about these views is made from this file.

-- Which rows no longer count: taken back by a later row, or replaced by one.
CREATE VIEW rows_taken_back (
  kind,  -- `invitation`: a row of `decisions`; `introduction`: a row of `introduction_events`.
  id     -- The row's number.
) AS
WITH RECURSIVE
  said AS (
    SELECT 'invitation' AS kind, id, undoes, action AS word FROM decisions
    UNION ALL
    SELECT 'introduction', id, undoes, step FROM introduction_events
  ),
  undoing AS MATERIALIZED (
    SELECT row_number() OVER (ORDER BY id DESC) AS n, kind || id AS this, kind || undoes AS other, word
    FROM said WHERE undoes NOTNULL
  ),
  -- From the last row to the first: what takes back a row that takes back another makes that one count again.
  walk (n, undone, replaced) AS (
    SELECT 0, ',', ','
    UNION ALL
    SELECT undoing.n,
      undone || CASE WHEN word = 'undone'
        AND (NOT instr(undone, ',' || this || ',') OR instr(replaced, ',' || this || ',')) THEN other || ',' ELSE '' END,
      replaced || CASE WHEN word != 'undone'
        AND (NOT instr(undone, ',' || this || ',') OR instr(replaced, ',' || this || ',')) THEN other || ',' ELSE '' END
    FROM walk JOIN undoing ON undoing.n = walk.n + 1
  )
SELECT kind, id
FROM said, (SELECT undone || replaced AS gone FROM walk ORDER BY n DESC LIMIT 1)
WHERE instr(gone, ',' || kind || id || ',');

-- Every answer that counts or counted: about invitations what you did, about introductions each step that answers.
CREATE VIEW all_decisions (
  kind,          -- `invitation` or `introduction`.
  id,            -- The row's number, within its kind.
  request,       -- The request's key.
  action,        -- What was done, such as `accept` or `ask_permission`.
  decided_at,    -- When it was done.
  recorded_at,   -- When it was written down.
  source,        -- `typed`, `sheet`, `record` (the platform's change log) or `export`.
  via,           -- Who says so: a command, a sheet's name, the terminal, JupyterLab.
  opinion_seen,  -- Whether a judge's advice was shown before; empty where nobody knows.
  because,       -- Your reason, in your words.
  remind_on,     -- Until which day you deferred it.
  counts,        -- `1` for the one answer of each request that counts now.
  answer         -- The answer's own name, where your policy declares one; `action` is what it comes to.
) AS
WITH
  standing AS (
    SELECT *, action IN ('accept', 'decline', 'ignore') AS decisive, action = 'accept' AS accepted FROM decisions
    WHERE kind = 'invitation' AND action != 'undone'
      AND id NOT IN (SELECT id FROM rows_taken_back WHERE kind = 'invitation')
  ),
  said AS (
    SELECT *, row_number() OVER (PARTITION BY request ORDER BY decisive DESC, id DESC) AS place
    FROM standing WHERE source != 'record'
  ),
  told AS (
    SELECT *, row_number() OVER (PARTITION BY request ORDER BY accepted DESC, at DESC, id DESC) AS place
    FROM standing WHERE source = 'record'
  ),
  -- What happened comes from the record, unless you contradicted it and said that you are right.
  counting AS (
    SELECT coalesce(CASE WHEN told.id ISNULL OR (said.decisive AND told.decisive
      AND said.accepted != told.accepted AND said.settles = told.id) THEN said.id END, told.id) AS id
    FROM (SELECT DISTINCT request FROM standing) AS each
    LEFT JOIN said ON said.request = each.request AND said.place = 1
    LEFT JOIN told ON told.request = each.request AND told.place = 1
  ),
  steps AS (
    SELECT *, CASE step WHEN 'answered' THEN json_extract(detail, '$.action') WHEN 'asked_more' THEN 'ask_requester'
      WHEN 'call_me' THEN 'ask_requester' WHEN 'permission_asked' THEN 'ask_permission'
      WHEN 'introduced' THEN 'introduce' WHEN 'declined' THEN 'decline' WHEN 'redirected' THEN 'redirect' END AS action
    FROM introduction_events
    WHERE id NOT IN (SELECT id FROM rows_taken_back WHERE kind = 'introduction')
  ),
  answers AS (
    SELECT *, row_number() OVER (PARTITION BY introduction ORDER BY id DESC) AS place FROM steps WHERE action NOTNULL
  )
SELECT kind, id, request, action, at, recorded_at, source, via, opinion_seen, because, remind_on,
  id IN (SELECT id FROM counting), answer
FROM standing
UNION ALL
SELECT 'introduction', id, introduction, action, at, recorded_at, source, via,
  json_extract(detail, '$.opinion_seen'), json_extract(detail, '$.because'),
  json_extract(detail, '$.remind_on'), place = 1, json_extract(detail, '$.answer')
FROM answers
WHERE introduction NOT IN (SELECT introduction FROM steps WHERE step = 'undone' AND undoes ISNULL)
  AND introduction IN (SELECT request FROM introductions WHERE introducer ISNULL);

-- Every request for an introduction, with the day of each step that counts; those that you took back are left out.
CREATE VIEW all_introductions (
  request,             -- The request's key.
  requester,           -- The key of who asks.
  requester_name,      -- The name of who asks.
  contact,             -- The key of the contact who was asked for.
  contact_name,        -- The contact's name.
  purpose,             -- What it is for, in words.
  channel,             -- How you were asked.
  asked_at,            -- When you were asked.
  permission_asked,    -- When you asked the contact.
  permission_given,    -- When the contact agreed.
  permission_refused,  -- When the contact would rather not.
  introduced,          -- When you introduced the two.
  followed_up,         -- When you asked how it went.
  declined,            -- When you declined, whether you showed another way or not.
  outcome_requester,   -- What came of it, as the requester says.
  outcome_contact      -- What came of it, as the contact says.
) AS
WITH steps AS (
  SELECT * FROM introduction_events WHERE id NOT IN (SELECT id FROM rows_taken_back WHERE kind = 'introduction')
), days AS (
  SELECT introduction,
    max(CASE WHEN step = 'permission_asked' THEN at END) AS permission_asked,
    max(CASE WHEN step = 'permission_given' THEN at END) AS permission_given,
    max(CASE WHEN step = 'permission_refused' THEN at END) AS permission_refused,
    max(CASE WHEN step = 'introduced' THEN at END) AS introduced,
    max(CASE WHEN step = 'followed_up' THEN at END) AS followed_up,
    max(CASE WHEN step IN ('declined', 'redirected') THEN at END) AS declined,
    max(CASE WHEN step = 'outcome_requester' THEN id END) AS by_requester,
    max(CASE WHEN step = 'outcome_contact' THEN id END) AS by_contact
  FROM steps GROUP BY introduction
)
SELECT i.request, i.requester, i.requester_name, i.contact, i.contact_name, i.purpose_text, i.channel, i.asked_at,
  d.permission_asked, d.permission_given, d.permission_refused,
  d.introduced, d.followed_up, d.declined,
  json_extract(r.detail, '$.outcome'), json_extract(c.detail, '$.outcome')
FROM introductions AS i
LEFT JOIN days AS d ON d.introduction = i.request
LEFT JOIN introduction_events AS r ON r.id = d.by_requester
LEFT JOIN introduction_events AS c ON c.id = d.by_contact
WHERE i.request NOT IN (SELECT introduction FROM steps WHERE step = 'undone' AND undoes ISNULL) AND i.introducer ISNULL;

-- Every introduction that you receive, with you as the contact; those that you took back are left out.
CREATE VIEW all_introductions_to_you (
  request,          -- The request's key.
  requester,        -- The key of the person who is introduced to you.
  requester_name,   -- The name of that person.
  introducer,       -- The key of who introduces.
  introducer_name,  -- The name of who introduces.
  asked_first,      -- 1 where you were asked before you were brought together, 0 where not.
  purpose,          -- What it is for, in words.
  channel,          -- How you were asked.
  asked_at,         -- When you were asked.
  accepted,         -- When you agreed.
  declined,         -- When you declined.
  outcome           -- What came of it, as you say.
) AS
WITH steps AS (
  SELECT * FROM introduction_events WHERE id NOT IN (SELECT id FROM rows_taken_back WHERE kind = 'introduction')
), last AS (
  SELECT introduction,
    max(CASE WHEN step = 'permission_given' THEN id END) AS yes,
    max(CASE WHEN step = 'permission_refused' THEN id END) AS no,
    max(CASE WHEN step = 'outcome_contact' THEN id END) AS said
  FROM steps GROUP BY introduction
)
SELECT i.request, i.requester, i.requester_name, i.introducer, i.introducer_name, i.asked_first, i.purpose_text,
  i.channel, i.asked_at,
  (SELECT at FROM steps WHERE id = l.yes AND id > coalesce(l.no, 0)),
  (SELECT at FROM steps WHERE id = l.no AND id > coalesce(l.yes, 0)),
  (SELECT json_extract(detail, '$.outcome') FROM steps WHERE id = l.said)
FROM introductions AS i
LEFT JOIN last AS l ON l.introduction = i.request
WHERE i.request NOT IN (SELECT introduction FROM steps WHERE step = 'undone' AND undoes ISNULL) AND i.introducer NOTNULL;

-- Every request that you know of: invitations that you received or sent, and requests for an introduction.
CREATE VIEW all_requests (
  request,       -- The request's key.
  kind,          -- `invitation` or `introduction`.
  direction,     -- `incoming` or `outgoing`.
  person,        -- The key of the other one; of an introduction, of who asks.
  name,          -- The name, as it stood there.
  url,           -- The profile's address, where an archive held it.
  contact_name,  -- Of an introduction: who was asked for.
  asked_at,      -- When it came, or when you sent it.
  text,          -- The note that came with it, or the purpose.
  channel,       -- Of an introduction: how you were asked.
  first_seen,    -- The day of the first archive that showed it; empty where you typed it in.
  last_seen,     -- The day of the last archive that showed it. An answered one is missing from later ones.
  connected_on,  -- Since when you are connected, where you are.
  action,        -- The answer that counts, where one was recorded. Nothing is inferred here.
  decided_at,    -- When that was.
  source         -- Where that answer comes from.
) AS
WITH
  seen AS (
    SELECT s.request, min(i.taken_on) AS first_seen, max(i.taken_on) AS last_seen
    FROM invitations_seen AS s JOIN imports AS i ON i.id = s.import GROUP BY s.request
  ),
  linked AS (SELECT person, min(connected_on) AS connected_on FROM connections WHERE person NOTNULL GROUP BY person),
  answers AS (SELECT * FROM all_decisions WHERE counts)
SELECT i.request, 'invitation', i.direction, i.person, i.name, i.url, NULL, i.sent_at,
  i.message, NULL, s.first_seen, s.last_seen, l.connected_on,
  a.action, a.decided_at, a.source
FROM invitations AS i
LEFT JOIN seen AS s ON s.request = i.request
LEFT JOIN linked AS l ON l.person = i.person
LEFT JOIN answers AS a ON a.kind = 'invitation' AND a.request = i.request
UNION ALL
SELECT i.request, 'introduction', 'incoming', i.requester, i.requester_name,
  NULL, i.contact_name, i.asked_at, i.purpose, i.channel, NULL, NULL,
  l.connected_on, a.action, a.decided_at, a.source
FROM all_introductions AS i
LEFT JOIN linked AS l ON l.person = i.requester
LEFT JOIN answers AS a ON a.kind = 'introduction' AND a.request = i.request;

-- Everybody whom your archives, your introductions or your review of the network name with a key.
CREATE VIEW all_people (
  person,                  -- The person's key, made from the profile's address or the name.
  name,                    -- The name, from the newest archive that tells one.
  connected_on,            -- Since when you are connected, where you are.
  company,                 -- The company on the day of the newest archive that tells one.
  position,                -- The position on that day.
  invitations_received,    -- How many invitations this person sent you.
  invitations_sent,        -- How many you sent this person.
  messages_received,       -- On how many moments this person wrote to you. The texts are not kept.
  messages_sent,           -- On how many you wrote.
  first_message_at,        -- The first message between you.
  last_message_at,         -- The last one.
  introductions_asked,     -- How often this person asked you for an introduction.
  introductions_wanted,    -- How often somebody asked you to introduce them to this person.
  review                   -- What you said last when you looked through your network.
) AS
WITH
  rows_of AS (
    SELECT person, name, connected_on, company, position, last_seen AS told_on, 1 AS rank FROM connections
    UNION ALL
    SELECT person, name, NULL, NULL, NULL, substr(sent_at, 1, 10), 0 FROM invitations
    UNION ALL
    SELECT requester, requester_name, NULL, NULL, NULL, substr(asked_at, 1, 10), 0 FROM all_introductions
    UNION ALL
    SELECT contact, contact_name, NULL, NULL, NULL, substr(asked_at, 1, 10), 0 FROM all_introductions
    UNION ALL
    SELECT requester, requester_name, NULL, NULL, NULL, substr(asked_at, 1, 10), 0 FROM all_introductions_to_you
    UNION ALL
    SELECT introducer, introducer_name, NULL, NULL, NULL, substr(asked_at, 1, 10), 0 FROM all_introductions_to_you
    UNION ALL
    SELECT person, name, NULL, NULL, NULL, substr(at, 1, 10), 0 FROM wishes
    UNION ALL
    SELECT person, name, NULL, NULL, NULL, '', 0 FROM address_book
    UNION ALL
    SELECT person, NULL, NULL, NULL, NULL, '', -1 FROM people
    UNION ALL
    SELECT person, NULL, NULL, NULL, NULL, '', -1 FROM reviews
  ),
  newest AS (
    SELECT *, row_number() OVER (PARTITION BY person ORDER BY rank DESC, told_on DESC) AS place,
      min(connected_on) OVER (PARTITION BY person) AS since
    FROM rows_of WHERE person NOTNULL
  ),
  written AS (
    SELECT p.person, sum(m.incoming) AS received, sum(NOT m.incoming) AS sent, min(m.sent_at) AS first_at,
      max(m.sent_at) AS last_at
    FROM messages AS m JOIN people AS p ON p.id = m.person WHERE NOT m.is_note GROUP BY p.person
  ),
  invited AS (
    SELECT person, sum(direction = 'incoming') AS received, sum(direction = 'outgoing') AS sent
    FROM invitations WHERE person NOTNULL GROUP BY person
  ),
  asking AS (SELECT requester AS person, count(*) AS times FROM all_introductions GROUP BY requester),
  wanted AS (SELECT contact AS person, count(*) AS times FROM all_introductions GROUP BY contact),
  verdicts AS (
    SELECT person, verdict, row_number() OVER (PARTITION BY person ORDER BY id DESC) AS place FROM reviews
  )
SELECT n.person, n.name, n.since, n.company, n.position,
  coalesce(i.received, 0), coalesce(i.sent, 0),
  coalesce(w.received, 0), coalesce(w.sent, 0),
  strftime('%Y-%m-%dT%H:%M:%S+00:00', w.first_at, 'unixepoch'),
  strftime('%Y-%m-%dT%H:%M:%S+00:00', w.last_at, 'unixepoch'),
  coalesce(a.times, 0), coalesce(t.times, 0), v.verdict
FROM newest AS n
LEFT JOIN written AS w ON w.person = n.person
LEFT JOIN invited AS i ON i.person = n.person
LEFT JOIN asking AS a ON a.person = n.person
LEFT JOIN wanted AS t ON t.person = n.person
LEFT JOIN verdicts AS v ON v.person = n.person AND v.place = 1
WHERE n.place = 1;

-- What your other files tell of acquaintance. Nobody's name or address is kept: people are hashes of your workspace.
CREATE VIEW all_evidence (
  source,     -- The number of the file, as `netkit evidence list` shows it.
  files,      -- What kind of file it is.
  who,        -- The hash that stands for the person in it.
  person,     -- The person's key, where you said that it is the one. netkit's own links need the workspace's key.
  domain,     -- The domain of the person's mail address.
  kind,       -- What there was between you, such as `mail` or `meeting`.
  direction,  -- Who wrote, where it was written.
  size,       -- How many others were there.
  place,      -- Whether a meeting had a place.
  times,      -- How often.
  first_at,   -- When first; empty where nobody knows.
  last_at     -- When last.
) AS
WITH answers AS (
  SELECT person, who, same, row_number() OVER (PARTITION BY person, who ORDER BY id DESC) AS place
  FROM evidence_answers
)
SELECT a.source, s.kinds, a.who,
  (SELECT min(person) FROM answers WHERE who = a.who AND place = 1 AND same), p.domain,
  a.kind, a.direction, a.size, a.place, a.times,
  strftime('%Y-%m-%dT%H:%M:%S+00:00', a.first_at, 'unixepoch'),
  strftime('%Y-%m-%dT%H:%M:%S+00:00', a.last_at, 'unixepoch')
FROM evidence_acts AS a
JOIN evidence_sources AS s ON s.id = a.source
LEFT JOIN evidence_people AS p ON p.source = a.source AND p.who = a.who;
