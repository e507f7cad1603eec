-- schema.sql - the database that plugreport writes: a public contract.
--
-- One file holds many runs, a run many processes.  Facts are written once, when a process's spool is
-- taken in; columns marked "inferred" are plugreport's conclusions from the facts and are written
-- in the same transaction.  Every row belongs to one process; all ids are this database's own.
--
-- PRAGMA application_id is 0x706c7567 ("plug"), PRAGMA user_version is the schema's version.
-- Names (paths, sonames, symbols, arguments) are TEXT holding the bytes that the process had.
-- Addresses are INTEGERs (64 bit, so addresses above 2^63 come out negative).
-- Times named *_ns: `started_ns` and `ended_ns` of process and run are ns since the epoch
-- (CLOCK_REALTIME); `time_ns` of events is ns since the process's image began (CLOCK_MONOTONIC).
-- `seq` is an event's place in its process's history: it grows, it is not consecutive, and
-- the same seq never names two events of one process.
PRAGMA application_id = 0x706c7567;
PRAGMA user_version = 2;

-- run: everything that one start of the recorder saw: a first process and its descendants.
CREATE TABLE run (
  id INTEGER PRIMARY KEY,        -- grows with the order of ingest
  uuid TEXT NOT NULL UNIQUE,     -- hex, the first process's spool uuid
  started_ns INTEGER NOT NULL    -- when its earliest recorded process began
);

-- process: one process image.  fork gives a new row, execve gives a new row with the same pid.
CREATE TABLE process (
  id INTEGER PRIMARY KEY,          -- stays when a running process is read again
  run INTEGER NOT NULL REFERENCES run(id), -- the run that it belongs to
  spool_uuid TEXT NOT NULL UNIQUE, -- hex; makes ingest idempotent
  pid INTEGER NOT NULL,            -- process id, in the pid namespace of the process
  ppid INTEGER NOT NULL,           -- as getppid() said when the image began
  parent INTEGER REFERENCES process(id), -- recorded image this one was forked or executed from
  parent_uuid TEXT,                -- that image's spool_uuid, also while it is not taken in yet
  parent_seq INTEGER,              -- how far the parent's history was when this image began; after
                                   -- fork: fork.seq of the parent
  begin_kind TEXT NOT NULL CHECK (begin_kind IN ('start', 'exec', 'fork')),
                                   -- start: no recorded parent; exec: execve in, or of a child
                                   -- of, the parent; fork: a copy of the parent as of parent_seq
  exe TEXT,                        -- /proc/self/exe
  argv TEXT NOT NULL,              -- JSON array; bytes that are not UTF-8 become U+FFFD
  cwd TEXT,                        -- working directory when the image began
  uid INTEGER NOT NULL,            -- effective user id
  gid INTEGER NOT NULL,            -- effective group id
  glibc TEXT,                      -- gnu_get_libc_version()
  platform TEXT,                   -- AT_PLATFORM, what $PLATFORM expands to
  machine INTEGER NOT NULL,        -- ELF e_machine
  audit_version INTEGER NOT NULL,  -- LAV_* that la_version agreed on
  module TEXT,                     -- path of the recording libplugaudit.so
  started_ns INTEGER NOT NULL,     -- when the image began
  ended_ns INTEGER,                -- NULL while it runs, or when nothing told
  end_kind TEXT NOT NULL CHECK (end_kind IN ('running', 'exit', 'exec', 'unknown')),
                                   -- exit: exit() ran the module's destructor; exec: a later
                                   -- image of the same pid names this one; unknown: _exit, abort,
                                   -- a fatal signal, or execve of something not recorded
  wait_status INTEGER,             -- as waitpid(2) gives it; only for what `record` started
  lost_events INTEGER NOT NULL,    -- events that could not be recorded
  lost_stacks INTEGER NOT NULL,    -- call stacks that could not be taken
  lost_reason INTEGER NOT NULL,    -- bits: 1 no space, 2 no memory, 4 stacks, 8 tap slots, 16
                                   -- sandbox
  torn_records INTEGER NOT NULL,   -- records cut short by a kill
  damaged_at INTEGER,              -- offset of the spool's first damaged byte, NULL if none
  spool_bytes INTEGER NOT NULL,    -- bytes of the spool that were read: its header and whole records
  complete INTEGER NOT NULL,       -- 1: the process had ended and its spool was read whole
  first_symbol INTEGER, last_symbol INTEGER,   -- its rows in symbol have all the ids between these
  first_binding INTEGER, last_binding INTEGER, -- the same of binding_row, in the order of seq; NULL: none
  bindings INTEGER NOT NULL        -- how many of those lead to a definition, without ld.so's own
                                   -- (internal) and those of the kind irelative
);
CREATE INDEX process_by_parent ON process(parent_uuid);

-- environment: the variables that ld.so and the recorder read (LD_LIBRARY_PATH and
-- its like, GLIBC_TUNABLES, PLUGAUDIT_*); no others.
CREATE TABLE environment (
  process INTEGER NOT NULL REFERENCES process(id) ON DELETE CASCADE, -- whose
  name TEXT NOT NULL,         -- the part before the first '='
  value TEXT NOT NULL         -- the part behind it
);
CREATE INDEX environment_by_process ON environment(process);

-- object: one link map of one process.
CREATE TABLE object (
  id INTEGER PRIMARY KEY,     -- what other tables call "object"
  process INTEGER NOT NULL REFERENCES process(id) ON DELETE CASCADE, -- whose
  number INTEGER NOT NULL,    -- 1, 2, ... in the order of la_objopen
  namespace INTEGER NOT NULL, -- Lmid_t: 0 is LM_ID_BASE
  kind TEXT NOT NULL CHECK (kind IN ('main', 'library', 'ld.so', 'vdso', 'unopened')),
                              -- unopened: known from an audit cookie only, ld.so never announced it
  path TEXT NOT NULL,         -- l_name; for the main program its exe
  real_path TEXT,             -- the file's path without symbolic links, read when it was opened
  soname TEXT,                -- DT_SONAME
  build_id TEXT,              -- hex of the NT_GNU_BUILD_ID note
  dev INTEGER, ino INTEGER,   -- the file's identity; NULL when it has no file
  file_size INTEGER, mtime_ns INTEGER, -- bytes; time of modification; NULL as above
  link_map INTEGER NOT NULL,  -- address of struct link_map; equals dlopen's handle
  load_address INTEGER NOT NULL, -- l_addr, the load bias
  map_start INTEGER, map_end INTEGER, -- address range, NULL when unknown
  dynamic INTEGER NOT NULL,   -- address of the dynamic section
  rpath TEXT, runpath TEXT,   -- DT_RPATH and DT_RUNPATH, tokens not expanded
  flags INTEGER NOT NULL, flags_1 INTEGER NOT NULL, -- DT_FLAGS, DT_FLAGS_1
  elf_flags INTEGER NOT NULL, -- SPOOL_ELF_* of audit/spool.h: symbolic, textrel, bind-now, hashes ...
  inherited INTEGER NOT NULL, -- 1: a forked child's copy of what the parent had loaded
  opened_seq INTEGER NOT NULL, opened_ns INTEGER NOT NULL, opened_tid INTEGER NOT NULL,
                              -- la_objopen: place in the history, time_ns, thread
  closed_seq INTEGER, closed_ns INTEGER, -- la_objclose; NULL: it never came
  reason TEXT CHECK (reason IN ('main', 'ld.so', 'vdso', 'preload', 'needed', 'dlopen', 'libc',
                                'audit', 'inherited', 'unknown')),
                              -- inferred: why it was loaded
  reason_object INTEGER,      -- inferred: the object that asked (its DT_NEEDED, or the caller)
  reason_call INTEGER,        -- inferred: the dlopen or dlmopen call, also for its dependencies
  reason_search INTEGER,      -- inferred: the search that found the file
  UNIQUE (process, number)
);

-- segment: an object's program headers that matter at run time.
CREATE TABLE segment (
  object INTEGER NOT NULL REFERENCES object(id) ON DELETE CASCADE, -- whose
  position INTEGER NOT NULL,  -- 0, 1, ... in the order of the program headers
  type INTEGER NOT NULL,      -- PT_*
  flags INTEGER NOT NULL,     -- PF_*
  vaddr INTEGER NOT NULL,     -- without the load bias
  memsz INTEGER NOT NULL,     -- bytes in memory
  offset INTEGER NOT NULL     -- in the file
);
CREATE INDEX segment_by_object ON segment(object);

-- needed: an object's DT_NEEDED entries in order.
CREATE TABLE needed (
  object INTEGER NOT NULL REFERENCES object(id) ON DELETE CASCADE, -- whose
  position INTEGER NOT NULL,  -- 0, 1, ...
  name TEXT NOT NULL,         -- as written in the file
  resolved INTEGER            -- inferred: the object of the same namespace that satisfies it
);
CREATE INDEX needed_by_object ON needed(object);

-- search: one la_objsearch: a name that ld.so is about to look for, or a path it is about to try.
CREATE TABLE search (
  id INTEGER PRIMARY KEY,     -- what other tables call "search" and "request"
  process INTEGER NOT NULL REFERENCES process(id) ON DELETE CASCADE, -- whose
  seq INTEGER NOT NULL, time_ns INTEGER NOT NULL, tid INTEGER NOT NULL, -- place, time, thread
  requester INTEGER,          -- object that asked; NULL unknown
  request INTEGER,            -- inferred: id of the 'name' row that this path belongs to (itself there)
  name TEXT NOT NULL,         -- inferred for paths: the name that was asked for
  origin TEXT NOT NULL CHECK (origin IN ('name', 'libpath', 'runpath', 'cache', 'default',
                                         'secure')),
                              -- LA_SER_ORIG, LIBPATH, RUNPATH (also RPATH), CONFIG, DEFAULT, SECURE
  rule TEXT,                  -- inferred: rpath, runpath, LD_LIBRARY_PATH, cache, default; for
                              -- 'name' rows with a slash: path
  owner INTEGER,              -- inferred: the object whose RPATH or RUNPATH names the directory
  tried TEXT NOT NULL,        -- the string as la_objsearch had it
  root INTEGER NOT NULL,      -- 1: asked for from outside (dlopen, libc, the start), not by a DT_NEEDED
                              -- of an object that was being loaded
  outcome TEXT CHECK (outcome IN ('loaded', 'already-loaded', 'missing', 'unusable', 'failed',
                                  'unknown')),
                              -- inferred.  name rows: what the whole request came to; failed: not
                              -- found, or (with a result) found and then not loaded; unusable: the
                              -- name has a slash, its file was there and gave no object.  path
                              -- rows: missing: tried in vain; unusable: the search stopped there
  result INTEGER,             -- inferred: the object that it came to, also one that was closed again
                              -- because the load failed
  stack INTEGER REFERENCES stack(id) -- who asked; NULL: no call stack was taken here
);
CREATE INDEX search_by_process ON search(process, seq);

-- call: one call of dlopen and its family, seen at entry by a tap.
CREATE TABLE call (
  id INTEGER PRIMARY KEY,     -- what other tables call "call"
  process INTEGER NOT NULL REFERENCES process(id) ON DELETE CASCADE, -- whose
  seq INTEGER NOT NULL, time_ns INTEGER NOT NULL, tid INTEGER NOT NULL, -- place, time, thread
  kind TEXT NOT NULL CHECK (kind IN ('dlopen', 'dlmopen', 'dlclose', 'dlsym', 'dlvsym',
                                          'thread_atexit')),
                              -- the function that was called; thread_atexit:
                              -- __cxa_thread_atexit_impl, by which C++ and others have a
                              -- destructor run at the thread's end, and until then result stays
                              -- mapped: one row for each thread and object (seldom more), with
                              -- a stack only for the object's first
  caller_object INTEGER,      -- object that holds the return address
  caller_offset INTEGER,      -- return address less that object's load address
  name TEXT,                  -- file or symbol; NULL where NULL was passed
  version TEXT,               -- dlvsym: the version asked for
  flags INTEGER,              -- dlopen, dlmopen: RTLD_*
  handle INTEGER,             -- dlclose, dlsym, dlvsym: the argument; thread_atexit: an address
                              -- in the object
  namespace INTEGER,          -- dlmopen: the argument (-1 is LM_ID_NEWLM)
  parent_call INTEGER,        -- inferred: the dlopen or dlclose during which this one was made
  result INTEGER,             -- inferred: object opened, closed, kept, or defining the symbol
  result_known_by TEXT,       -- how: 'nested-open', 'nested-search', 'name-match', 'handle',
                              -- 'binding', 'failed-search', 'not-loaded' (RTLD_NOLOAD); NULL: not
                              -- known
  outcome TEXT CHECK (outcome IN ('loaded', 'already-loaded', 'failed', 'unknown')),
                              -- inferred, for dlopen and dlmopen
  inside_seq INTEGER NOT NULL, inside_ns INTEGER NOT NULL,
                              -- inferred: the last event known to be inside the call, itself when
                              -- there is none: it lasted at least until then
  returned_seq INTEGER, returned_ns INTEGER,
                              -- inferred: the first event of its thread behind the call: it lasted at
                              -- most until then; NULL: there is none
  stack INTEGER REFERENCES stack(id) -- who called; NULL: no call stack was recorded
);
CREATE INDEX call_by_process ON call(process, seq);

-- stack: one distinct call stack of a process.
CREATE TABLE stack (
  id INTEGER PRIMARY KEY,     -- what other tables call "stack"
  process INTEGER NOT NULL REFERENCES process(id) ON DELETE CASCADE, -- whose
  flags INTEGER NOT NULL      -- bits: 0x100 cut, 0x200 not taken, 0x400 ends early
);
CREATE INDEX stack_by_process ON stack(process);

-- stack_frame: innermost first (depth 0 is the caller).  A call that was inlined takes a row, and a
-- depth, of its own before the function that it was inlined into.
CREATE TABLE stack_frame (
  stack INTEGER NOT NULL REFERENCES stack(id) ON DELETE CASCADE, -- the stack it is in
  depth INTEGER NOT NULL,     -- 0, 1, ... from the innermost
  address INTEGER NOT NULL,   -- return address
  object INTEGER,             -- object that was mapped there; NULL: none (JIT code, unknown)
  offset INTEGER,             -- address less the object's load address
  function TEXT,              -- from DWARF or a symbol table, as mangled there
  function_offset INTEGER,    -- address less the function's start
  file TEXT, line INTEGER,    -- source file and line, from DWARF
  inlined INTEGER NOT NULL DEFAULT 0, -- 1: inlined into the function of the next row
  PRIMARY KEY (stack, depth)
);

-- symbol: a definition that something was bound to, or a name that is wanted and not bound.
-- Like binding_row, it has so many rows that an index would take longer to write than they do; a
-- process's rows are found fast by "id BETWEEN first_symbol AND last_symbol", both of process.
CREATE TABLE symbol (
  id INTEGER PRIMARY KEY,     -- what other tables call "symbol"
  process INTEGER NOT NULL REFERENCES process(id) ON DELETE CASCADE, -- in which process
  object INTEGER REFERENCES object(id), -- that defines it, or (defined = 0) wants it; NULL unknown
  number INTEGER NOT NULL,    -- index in the object's .dynsym; less than 0: an IFUNC that a binding
                              -- of kind irelative refers to by its address, -value
  name TEXT NOT NULL,         -- mangled; empty when a kill kept it from being recorded, or (defined
                              -- = 0 or number < 0) the file had changed at ingest, or number
                              -- < 0 and there is no name for it in .dynsym
  version TEXT,               -- version of the definition; NULL unversioned
  defined INTEGER NOT NULL,   -- 0: the object only refers to it, and is not bound
  value INTEGER NOT NULL,     -- offset from the load address
  size INTEGER NOT NULL,      -- bytes, as the symbol table says
  type INTEGER NOT NULL,      -- STT_*
  bind INTEGER NOT NULL,      -- STB_*
  visibility INTEGER NOT NULL, -- STV_*
  hidden_version INTEGER NOT NULL -- 1: not the default version (name@version, not @@)
);

-- binding_row: what binding, below, is made of.  Query that: it finds a process's rows fast.
CREATE TABLE binding_row (
  id INTEGER PRIMARY KEY,     -- grows with seq
  process INTEGER NOT NULL REFERENCES process(id) ON DELETE CASCADE, -- in which process
  seq INTEGER NOT NULL,       -- of the event at which it was seen first
  from_object INTEGER,        -- referring object, for dlsym the caller; NULL unknown
  to_object INTEGER,          -- defining object; NULL: a lazy PLT slot that was never called, or a
                              -- weak reference that nothing defines
  symbol INTEGER NOT NULL REFERENCES symbol(id), -- the definition; not bound: the name wanted
  version TEXT,               -- version that the reference asks for; NULL none (dlsym never does)
  kind TEXT NOT NULL CHECK (kind IN ('plt', 'got', 'abs', 'copy', 'tls', 'irelative', 'dlsym')),
                              -- plt: JUMP_SLOT, got: GLOB_DAT, abs: a pointer in data, copy: COPY
                              -- (to_object is what was copied from), tls: thread-local storage,
                              -- irelative: an IFUNC of from_object's own, for which no name is
                              -- looked up (symbol); address and to_object: what it chose
  source TEXT NOT NULL CHECK (source IN ('la_symbind', 'relocation')),
                              -- la_symbind: ld.so reported it; relocation: read from the slots
                              -- that ld.so had filled
  address INTEGER NOT NULL,   -- what was bound; 0 for tls, copy and what is not bound
  count INTEGER NOT NULL,     -- slots, or look-ups, that share this
  flags INTEGER NOT NULL,     -- la_symbind: LA_SYMB_* of the first; relocation: bits: 1 the
                              -- reference is weak, 2 not bound, 4 the definition is an IFUNC,
                              -- 8 definer found by name (copy, tls), 16 redirected to a tap
  internal INTEGER NOT NULL   -- 1: a look-up of ld.so's own, which the program did not ask for
);

-- activity: la_activity, and the start of the program's own code.  The first recorders of this
-- version wrote preinit when all constructors had run, just before main(): in their recordings, what
-- constructors loaded and bound has a seq below preinit's, like a part of the start.
CREATE TABLE activity (
  process INTEGER NOT NULL REFERENCES process(id) ON DELETE CASCADE, -- whose
  seq INTEGER NOT NULL, time_ns INTEGER NOT NULL, tid INTEGER NOT NULL, -- place, time, thread
  kind TEXT NOT NULL CHECK (kind IN ('add', 'delete', 'consistent', 'preinit')),
                              -- LA_ACT_*; preinit: relocated, no constructor has run yet
  object INTEGER,             -- head of the namespace concerned
  namespace INTEGER           -- its Lmid_t; NULL unknown
);
CREATE INDEX activity_by_process ON activity(process, seq);

-- fork: a fork that was about to be made.  v_fork has the child.
CREATE TABLE fork (
  process INTEGER NOT NULL REFERENCES process(id) ON DELETE CASCADE, -- the one that forks
  seq INTEGER NOT NULL, time_ns INTEGER NOT NULL, tid INTEGER NOT NULL, -- place, time, thread
  PRIMARY KEY (process, seq)  -- the child's process.parent_seq is this seq
);

-- binding: who is bound to which definition, or (to_object NULL) not bound yet.  Equal bindings are
-- one row with a count.  Its columns are those of binding_row.
CREATE VIEW binding AS
SELECT b.id AS id, p.id AS process, b.seq AS seq, b.from_object AS from_object,
       b.to_object AS to_object, b.symbol AS symbol, b.version AS version, b.kind AS kind,
       b.source AS source, b.address AS address, b.count AS count, b.flags AS flags,
       b.internal AS internal
FROM process p JOIN binding_row b
     ON p.id = +b.process AND b.id BETWEEN p.first_binding AND p.last_binding;

-- symbol_table: the whole dynamic symbol tables of files.  They are kept when a question first needs
-- them, and by 'plugreport pack' for all objects; rows can be deleted, and are read again from the
-- files then, while those still are the recorded ones.
CREATE TABLE symbol_table (
  file TEXT NOT NULL UNIQUE,  -- which file: an object's build_id; of one that has none
                              -- dev-ino-file_size-mtime_ns
  symbols INTEGER NOT NULL,   -- entries of .dynsym that have a name
  definitions BLOB NOT NULL,  -- Bloom filter over the names defined, as report/store/symbol_blob.h says
  wanted BLOB NOT NULL,       -- the same over the names that are not defined
  bytes INTEGER NOT NULL,     -- of data, when inflated
  data BLOB NOT NULL          -- zlib; what is in it: report/store/symbol_blob.h
);

-- file_extract: files without their code and debug information, for what is not about symbols
-- ('plugreport object' and the like).  Only 'plugreport pack' writes it; rows can be deleted.
CREATE TABLE file_extract (
  file TEXT NOT NULL UNIQUE,  -- which file, as in symbol_table
  bytes INTEGER NOT NULL,     -- of data, when inflated
  data BLOB NOT NULL          -- zlib; what is in it: report/elf/extract.h
);

-- Views, with names instead of ids, for people.

-- v_process: one line a process image.
CREATE VIEW v_process AS
SELECT p.run AS run, p.pid AS pid, q.pid AS parent_pid, p.exe AS exe, p.argv AS argv,
       p.started_ns AS started, p.ended_ns AS ended, p.end_kind AS end_kind,
       p.begin_kind AS begin_kind, p.lost_events AS lost_events, p.id AS process
FROM process p LEFT JOIN process q ON q.id = p.parent;

-- v_object: one line a link map.
CREATE VIEW v_object AS
SELECT p.pid AS pid, o.namespace AS namespace, o.path AS path, o.soname AS soname,
       o.build_id AS build_id, o.opened_seq AS opened_seq, o.closed_seq AS closed_seq,
       o.real_path AS real_path, o.reason AS reason, r.path AS reason_path, o.id AS object,
       p.id AS process
FROM object o JOIN process p ON p.id = o.process LEFT JOIN object r ON r.id = o.reason_object;

-- v_binding: one line a binding; to_path NULL: not bound.
CREATE VIEW v_binding AS
SELECT p.pid AS pid, COALESCE(f.namespace, t.namespace) AS namespace, f.path AS from_path,
       t.path AS to_path, s.name AS symbol, b.version AS version, b.kind AS kind,
       b.source AS source, b.seq AS first_seq, b.count AS count, b.internal AS internal,
       b.id AS binding, p.id AS process
FROM process p CROSS JOIN binding_row b
     ON b.id BETWEEN p.first_binding AND p.last_binding
     CROSS JOIN symbol s ON s.id = b.symbol
     LEFT JOIN object f ON f.id = b.from_object LEFT JOIN object t ON t.id = b.to_object;

-- v_fork: one line a fork.  child_pid NULL: it failed, or the child is not in the database, because
-- it still runs or could not be recorded.
CREATE VIEW v_fork AS
SELECT p.pid AS pid, f.tid AS tid, f.seq AS seq, f.time_ns AS time_ns, q.pid AS child_pid,
       q.id AS child, p.id AS process
FROM fork f JOIN process p ON p.id = f.process
     LEFT JOIN process q ON q.parent = p.id AND q.begin_kind = 'fork' AND q.parent_seq = f.seq;

-- v_search: one line a name asked for or path tried.
CREATE VIEW v_search AS
SELECT p.pid AS pid, r.namespace AS namespace, r.path AS requester_path, s.name AS name,
       s.origin AS origin, w.path AS owner_path, s.tried AS tried, s.outcome AS outcome,
       s.rule AS rule, s.seq AS seq, s.id AS search, p.id AS process
FROM search s JOIN process p ON p.id = s.process LEFT JOIN object r ON r.id = s.requester
     LEFT JOIN object w ON w.id = s.owner;

-- v_call: one line a call of dlopen and its family.
CREATE VIEW v_call AS
SELECT p.pid AS pid, c.tid AS tid, c.seq AS seq, c.kind AS kind, o.path AS caller_path,
       (SELECT function FROM stack_frame f WHERE f.stack = c.stack AND f.depth = 0)
         AS caller_function,
       c.name AS name, c.flags AS flags, r.path AS result_path, c.result_known_by AS result_known_by,
       c.outcome AS outcome, c.id AS call, p.id AS process
FROM call c JOIN process p ON p.id = c.process LEFT JOIN object o ON o.id = c.caller_object
     LEFT JOIN object r ON r.id = c.result;
