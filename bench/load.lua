-- Asks for the paths of a file in turn, from a different place in each thread, and prints what wrk measured as one JSON line.
-- wrk ... -s load.lua URL -- FILE. A line may hold a cookie behind a tab: somebody who is signed in.

local threads = {}

function setup(thread)
   thread:set("number", #threads)
   table.insert(threads, thread)
end

function init(args)
   paths = {}
   for line in io.lines(args[1]) do
      paths[#paths + 1] = line
   end
   place = math.floor(number * #paths / 2)
   requests = {}
   for index, path in ipairs(paths) do
      local address, cookie = path:match("^([^\t]*)\t?(.*)$")
      local headers = {}
      for name, value in pairs(wrk.headers) do
         headers[name] = value
      end
      if cookie ~= "" then
         headers["Cookie"] = cookie
      end
      requests[index] = wrk.format("GET", address, headers)
   end
end

function request()
   place = place % #paths + 1
   return requests[place]
end

function done(summary, latency, requests)
   local errors = summary.errors
   io.write(string.format(
      '{"requests": %d, "seconds": %.3f, "bytes": %d, "errors": %d, "p50": %.3f, "p95": %.3f, "p99": %.3f, "max": %.3f}\n',
      summary.requests, summary.duration / 1e6, summary.bytes,
      errors.connect + errors.read + errors.write + errors.status + errors.timeout,
      latency:percentile(50) / 1000, latency:percentile(95) / 1000, latency:percentile(99) / 1000, latency.max / 1000))
end
