-- The tables of each region's database. The text is in schema/, which the worker's migrations use too.
\set ON_ERROR_STOP on
\connect leaderboard_asia
\ir schema/0001-tables.sql
\connect leaderboard_eu
\ir schema/0001-tables.sql
\connect leaderboard_na
\ir schema/0001-tables.sql
\connect leaderboard_global
\ir schema/0001-tables.sql
