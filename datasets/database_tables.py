"""TABLES is the SQL that makes the tables of sidestick.db; rows are only ever added."""

TABLES = """
CREATE TABLE IF NOT EXISTS evaluations (
    id INTEGER PRIMARY KEY, created REAL NOT NULL, policy TEXT NOT NULL, task TEXT NOT NULL,
    first_seed INTEGER NOT NULL, episodes INTEGER NOT NULL, successes INTEGER NOT NULL,
    kind TEXT NOT NULL, payload TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS effort (
    id INTEGER PRIMARY KEY, created REAL NOT NULL, round INTEGER NOT NULL, kind TEXT NOT NULL,
    driven_s REAL NOT NULL, watched_s REAL NOT NULL, takeovers INTEGER NOT NULL,
    episodes INTEGER NOT NULL, payload TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS events (
    id INTEGER PRIMARY KEY, created REAL NOT NULL, kind TEXT NOT NULL, payload TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS judgements (
    id INTEGER PRIMARY KEY, created REAL NOT NULL, operator TEXT NOT NULL, episode TEXT NOT NULL,
    kind TEXT NOT NULL, start INTEGER, stop INTEGER, payload TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS judgements_episode ON judgements (episode);
"""
