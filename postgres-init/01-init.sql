-- One database per region. Runs once, on an empty data directory (docker-entrypoint-initdb.d).
CREATE DATABASE leaderboard_asia;
CREATE DATABASE leaderboard_eu;
CREATE DATABASE leaderboard_na;
-- Users of no region, and every account.
CREATE DATABASE leaderboard_global;
