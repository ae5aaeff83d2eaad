#!lua flags=allow-oom
-- Tells the event stream of a claim that Redis lost before its ack.
--
-- KEYS  1 events:{S}
-- ARGV  1 length of the stream, then the events, oldest first
-- Returns nothing of use.

for at = 2, #ARGV do
  redis.call('XADD', KEYS[1], '*', 'event', ARGV[at])
end
redis.call('XTRIM', KEYS[1], 'MAXLEN', '~', ARGV[1])
return 0
