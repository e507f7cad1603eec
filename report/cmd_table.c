/* The table of commands: their names, options and help. */
#include "report/cmd.h"

#define OPTIONS(array) array, ARRAY_SIZE(array)
#define NO_OPTIONS     NULL, 0

static const struct option_entry record_options[] = {
	OPTION('o', "output", "FILE", OPTION_STRING, output,
	       "the database to record into (the same as -d)"),
	OPTION('q', "quiet", NULL, OPTION_FLAG, quiet, "no summary at the end"),
	OPTION(0, "no-ingest", NULL, OPTION_FLAG, no_ingest,
	       "leave the spools for a later plugreport command"),
};

static const struct option_entry pack_options[] = {
	OPTION('o', "output", "FILE", OPTION_STRING, output,
	       "make FILE, a copy of the database, and leave that as it is"),
};

static const struct option_entry ingest_options[] = {
	OPTION('q', "quiet", NULL, OPTION_FLAG, quiet, "say nothing but what went wrong"),
	OPTION(0, "live", NULL, OPTION_FLAG, live, "read the spools of running processes too"),
};

static const char *const sort_choices[] = {"opened", "path", "soname", "namespace", "reason", NULL};
static const struct option_entry objects_options[] = {
	OPTION_CHOOSE("sort", "KEY", sort_choices, sort,
		      "opened (default), path, soname, namespace or reason"),
};

static const struct option_entry searches_options[] = {
	OPTION(0, "name", "NAME", OPTION_STRING, name,
	       "only what was searched for NAME (a name, path or glob)"),
	OPTION(0, "missing", NULL, OPTION_FLAG, missing,
	       "only paths tried in vain and names not found"),
};

static const struct option_entry why_bound_options[] = {
	OPTION(0, "from", "LIB", OPTION_STRING, from, "only references made by LIB"),
};

static const struct option_entry calls_options[] = {
	OPTION(0, "stack", NULL, OPTION_FLAG, stack, "with the whole call stacks"),
	OPTION(0, "name", "NAME", OPTION_STRING, name,
	       "only calls about NAME (a library, symbol or glob)"),
};

static const char *const kind_choices[] = {"any", "plt",       "got",   "abs", "copy",
					   "tls", "irelative", "dlsym", NULL};
static const struct option_entry bindings_options[] = {
	OPTION(0, "from", "LIB", OPTION_STRING, from, "only references made by LIB"),
	OPTION(0, "to", "LIB", OPTION_STRING, to, "only definitions in LIB"),
	OPTION(0, "symbol", "NAME", OPTION_STRING, symbol,
	       "only symbols called NAME (or a glob), mangled or demangled"),
	OPTION_CHOOSE("kind", "KIND", kind_choices, kind,
		      "plt, got, abs, copy, tls, irelative, dlsym or any (default)"),
	OPTION(0, "unbound", NULL, OPTION_FLAG, unbound,
	       "only what is not bound (lazy and never called, or weak)"),
};

static const struct option_entry scopes_options[] = {
	OPTION(0, "at", "SEQ", OPTION_NUMBER, at,
	       "as they were after the event SEQ (default: at the end)"),
};

static const struct option_entry interpositions_options[] = {
	OPTION(0, "symbol", "NAME", OPTION_STRING, symbol,
	       "only symbols called NAME (or a glob), interesting or not"),
};

static const char *const fail_on_choices[] = {"error", "warning", "note", "never", NULL};
static const struct option_entry check_options[] = {
	OPTION(0, "rule", "RULE", OPTION_LIST, rules,
	       "only this rule (or group, or glob); may be repeated"),
	OPTION(0, "ignore", "RULE", OPTION_LIST, ignored, "not this rule; may be repeated"),
	OPTION(0, "suppressions", "FILE", OPTION_STRING, suppressions,
	       "what to live with (default: $PLUGAUDIT_SUPPRESSIONS)"),
	OPTION_CHOOSE("fail-on", "SEVERITY", fail_on_choices, fail_on,
		      "exit 1 from error (default), warning, note on; never"),
	OPTION(0, "sarif", NULL, OPTION_FLAG, sarif, "answer in SARIF 2.1.0, for code scanning"),
};

static const struct option_entry diff_options[] = {
	OPTION(0, "run-a", "N", OPTION_NUMBER, run_a, "A is run number N (default: the newest)"),
	OPTION(0, "run-b", "N", OPTION_NUMBER, run_b, "B is run number N (default: the newest)"),
	OPTION(0, "ignore-order", NULL, OPTION_FLAG, ignore_order, "not the order of loading"),
	OPTION(0, "ignore-paths", NULL, OPTION_FLAG, ignore_paths,
	       "not where files are, and how they were found"),
	OPTION(0, "ignore-builds", NULL, OPTION_FLAG, ignore_builds, "not build-ids and sizes"),
	OPTION(0, "ignore-environment", NULL, OPTION_FLAG, ignore_environment,
	       "not variables, and not the C library's version"),
	OPTION(0, "ignore-bindings", NULL, OPTION_FLAG, ignore_bindings,
	       "not where references went"),
	OPTION(0, "ignore-findings", NULL, OPTION_FLAG, ignore_findings, "not what check finds"),
};

static const char *const format_choices[] = {"json", "dot", "chrome-trace", "csv", NULL};
static const char *const table_choices[] = {"objects", "bindings",  "searches",
					    "calls",   "processes", NULL};
static const struct option_entry export_options[] = {
	OPTION_CHOOSE("format", "FORMAT", format_choices, format,
		      "json (default), dot, chrome-trace or csv"),
	OPTION_CHOOSE("table", "TABLE", table_choices, table,
		      "csv: objects (default), bindings, searches, calls ..."),
};

static const struct option_entry explain_options[] = {
	OPTION(0, "man", NULL, OPTION_FLAG, man,
	       "as the manual page plugreport-rules(7), in troff"),
};

static const struct option_entry html_options[] = {
	OPTION('o', "output", "FILE", OPTION_STRING, output,
	       "where (default: plugaudit.html); -: standard output"),
	OPTION(0, "diff", NULL, OPTION_FLAG, diff, "of B, with what differs from A"),
	OPTION(0, "open", NULL, OPTION_FLAG, open, "open it in the browser"),
	OPTION('q', "quiet", NULL, OPTION_FLAG, quiet, "no progress, and no word at the end"),
};

const struct command commands[] = {
	{"record", "-- COMMAND [ARGUMENT...]", 1, SIZE_MAX, COMMAND_PASSES_ON | COMMAND_NO_ANSWER,
	 "run a program and record it",
	 "Run COMMAND with the recorder loaded and put what it and its children did into\n"
	 "one database.  The exit status is COMMAND's.\n",
	 OPTIONS(record_options), cmd_record},
	{"why-loaded", "LIB", 1, 1, COMMAND_DATABASE,
	 "who asked for this library, and how was it found?",
	 "The chain of requests from the program down to LIB: who asked, when, and how the\n"
	 "file was found.  Then everybody who asked for it again, and when it was closed.\n"
	 "LIB is a SONAME, a file name, a path, or a glob.\n",
	 NO_OPTIONS, cmd_why_loaded},
	{"why-found", "NAME", 1, 1, COMMAND_DATABASE, "why was that file picked, or not found?",
	 "Every place that the dynamic linker considered for NAME, in its order, and what\n"
	 "became of it.  NAME is written as it was asked for (libx.so.1), or as a path of\n"
	 "the file, or as a glob.  Hardware subdirectories (glibc-hwcaps and the like) are\n"
	 "counted; --all lists them.\n",
	 NO_OPTIONS, cmd_why_found},
	{"why-bound", "SYMBOL", 1, 1, COMMAND_DATABASE,
	 "why does this symbol lead there, or nowhere?",
	 "Who refers to SYMBOL, the scopes that were searched in order, each object that\n"
	 "defines it, which one was taken and why, and which one would be without that;\n"
	 "also for what was not found.  SYMBOL is a mangled or demangled name, or a glob.\n",
	 OPTIONS(why_bound_options), cmd_why_bound},
	{"check", "", 0, 0, COMMAND_DATABASE, "what is wrong",
	 "Apply all rules, and list what they find: errors, warnings, and notes (a line\n"
	 "each; --all or --rule shows all of them).  A finding that several processes have\n"
	 "is listed once.  The exit status is 1 when there is an error, for CI to gate on.\n",
	 OPTIONS(check_options), cmd_check},
	{"explain", "[RULE...]", 0, SIZE_MAX, COMMAND_PLAIN | COMMAND_NO_DB,
	 "what a rule of check means, and what to do",
	 "The page of each RULE (a slug, a group, or a glob); without one, a list of all.\n",
	 OPTIONS(explain_options), cmd_explain},
	{"diff", "[A [B]]", 0, 2, COMMAND_NO_RUN | COMMAND_NO_ALL,
	 "what differs between two recordings?",
	 "Compare the processes of two runs: objects gained, lost, from elsewhere, of\n"
	 "another build, in another order or scope; references that went elsewhere; search\n"
	 "paths and environment; findings of check.  A and B are FILE or FILE#RUN; without\n"
	 "one, the database and the run that -d, --run-a and --run-b tell.  Addresses,\n"
	 "times and process ids don't count.  Exit status 1 when anything differs.\n",
	 OPTIONS(diff_options), cmd_diff},
	{"export", "", 0, 0, COMMAND_DATABASE, "the recording, for other programs",
	 "json: everything; dot: who brought whom, with what is promoted or there twice\n"
	 "marked, for graphviz; chrome-trace: calls and loads over time, for Perfetto and\n"
	 "speedscope; csv: a table.\n",
	 OPTIONS(export_options), cmd_export},
	{"objects", "[LIB...]", 0, SIZE_MAX, COMMAND_DATABASE, "what was loaded",
	 "All objects that were loaded, or those that LIB (SONAME, file name, path, glob)\n"
	 "means.\n",
	 OPTIONS(objects_options), cmd_objects},
	{"object", "LIB", 1, 1, COMMAND_DATABASE, "everything about one library",
	 "One object's whole record: identity, segments, needed list, dynamic section,\n"
	 "versions, symbols, constructors and their order, and each slot with what it was\n"
	 "bound to.  Each part says whether it was recorded, inferred, or read from the\n"
	 "file, as long as that has the recorded build-id.  --all shows long tables whole.\n",
	 NO_OPTIONS, cmd_object},
	{"tree", "", 0, 0, COMMAND_DATABASE, "who brought whom",
	 "Each object below the one that brought it into the process, by namespace.\n", NO_OPTIONS,
	 cmd_tree},
	{"searches", "", 0, 0, COMMAND_DATABASE, "which paths were tried",
	 "Each name that the dynamic linker looked for, and each path that it announced.\n",
	 OPTIONS(searches_options), cmd_searches},
	{"calls", "", 0, 0, COMMAND_DATABASE, "dlopen, dlclose, dlsym ... in order",
	 "Each call of dlopen, dlmopen, dlclose, dlsym and dlvsym, indented below the call\n"
	 "during which it was made, with its result and its caller.\n",
	 OPTIONS(calls_options), cmd_calls},
	{"bindings", "", 0, 0, COMMAND_DATABASE, "which reference went to which definition",
	 "Each binding of a reference to a definition, in the order they were made.\n",
	 OPTIONS(bindings_options), cmd_bindings},
	{"duplicates", "[LIB...]", 0, SIZE_MAX, COMMAND_DATABASE, "why is it here twice?",
	 "Libraries that are in a process more than once: a file in several namespaces,\n"
	 "several files of one build or SONAME, several versions, static copies; who asked\n"
	 "for each copy, who is bound to which, and which state exists twice.  Then OCaml\n"
	 "compilation units that several objects have, and files that were asked for by\n"
	 "several names and are one load.  With LIB, only what concerns it.\n",
	 NO_OPTIONS, cmd_duplicates},
	{"interpositions", "[LIB...]", 0, SIZE_MAX, COMMAND_DATABASE,
	 "whose calls land in somebody else's function?",
	 "Symbols that several objects define: who got which definition, and whose\n"
	 "references went elsewhere than they were meant for.  What is as it should be is\n"
	 "left out (preloaded allocators, C++ inline functions ...); --all shows it, with\n"
	 "the reason.  With LIB, only what concerns it.\n",
	 OPTIONS(interpositions_options), cmd_interpositions},
	{"processes", "", 0, 0, COMMAND_DATABASE, "which processes were recorded",
	 "The recorded processes, each below the one that started it.\n", NO_OPTIONS,
	 cmd_processes},
	{"namespaces", "", 0, 0, COMMAND_DATABASE, "who lives in which dlmopen namespace",
	 "The namespaces of each process, how they came to be, and which objects are in\n"
	 "more than one.\n",
	 NO_OPTIONS, cmd_namespaces},
	{"why-global", "LIB", 1, 1, COMMAND_DATABASE,
	 "how did this library come into the global scope?",
	 "When LIB joined the global scope, where everybody's references are looked up,\n"
	 "and by which call; or who opened it so that it stays out.\n",
	 NO_OPTIONS, cmd_why_global},
	{"promotions", "", 0, 0, COMMAND_DATABASE, "what became global after it was loaded",
	 "Each object that was loaded with RTLD_LOCAL and joined the global scope later:\n"
	 "by RTLD_NOLOAD|RTLD_GLOBAL, by a second dlopen with RTLD_GLOBAL, or because\n"
	 "something opened with RTLD_GLOBAL needs it.\n",
	 NO_OPTIONS, cmd_promotions},
	{"why-resident", "LIB", 1, 1, COMMAND_DATABASE,
	 "why is this library still mapped after dlclose?",
	 "What keeps LIB: dlopens without a dlclose, RTLD_NODELETE, DF_1_NODELETE, a\n"
	 "unique symbol, what needs it or is bound to it; or when it was unloaded, and by\n"
	 "whom.\n",
	 NO_OPTIONS, cmd_why_resident},
	{"timeline", "", 0, 0, COMMAND_DATABASE, "when was what loaded, promoted, closed?",
	 "Loads, dlopen and dlclose calls, promotions and unloadings of each thread, in\n"
	 "order, each below the call during which it happened, with how long it took.\n",
	 NO_OPTIONS, cmd_timeline},
	{"scopes", "[LIB]", 0, 1, COMMAND_DATABASE, "where each object's references are looked up",
	 "The lists of objects that a reference is looked up in, in order: the global\n"
	 "scope, and the searchlists of what dlopen named.\n",
	 OPTIONS(scopes_options), cmd_scopes},
	{"units", "[UNIT]", 0, 1, COMMAND_DATABASE,
	 "OCaml: which plugin has which compilation unit",
	 "The OCaml compilation units of programs and plugins: how each came, whether\n"
	 "Dynlink ran it, who is bound to it, which are there twice, and which were wanted\n"
	 "and could not be had.  UNIT is a name or a glob.  --all lists the program's too\n"
	 "that no plugin has or uses.  They are read from the files, as long as those have\n"
	 "the recorded build-id.\n",
	 NO_OPTIONS, cmd_units},
	{"info", "", 0, 0, COMMAND_DATABASE | COMMAND_ALL_RUNS,
	 "what was recorded, and what was lost",
	 "The recording itself: runs, processes, glibc versions, numbers of events, and\n"
	 "what was lost.\n",
	 NO_OPTIONS, cmd_info},
	{"verify", "", 0, 0, COMMAND_DATABASE, "is the rebuilt state right?",
	 "Each binding that was observed is looked up in the state that plugreport rebuilt\n"
	 "for its moment; disagreements are listed.  Exit status 1 when there are any.\n",
	 NO_OPTIONS, cmd_verify},
	{"html", "[A B]", 0, 2, 0, "everything, as a page for the browser",
	 "Write one file that shows the recording: what was loaded and why, searches,\n"
	 "bindings, calls over time, namespaces and processes.  It needs no network and\n"
	 "nothing else; any current browser opens it from disk.  With --diff, A and B are\n"
	 "FILE or FILE#RUN as for diff.\n",
	 OPTIONS(html_options), cmd_html},
	{"sql", "'SELECT ...'", 1, 1, COMMAND_DATABASE | COMMAND_PLAIN, "ask the database directly",
	 "Run one SQL statement that only reads.  The schema is documented in schema.sql.\n",
	 NO_OPTIONS, cmd_sql},
	{"pack", "", 0, 0, COMMAND_DATABASE | COMMAND_ALL_RUNS | COMMAND_NO_ALL | COMMAND_NO_NAMES,
	 "make a database that answers on another machine",
	 "Put what answers need of the recorded files (symbol tables, and extracts without\n"
	 "code) into the database, so that they do not depend on the files being there.\n",
	 OPTIONS(pack_options), cmd_pack},
	{"ingest", "[SPOOL...]", 0, SIZE_MAX, COMMAND_PLAIN, "take in what recorded processes left",
	 "Write what the recorder left beside the database (its spools) into the database.\n"
	 "Other commands do so by themselves before they answer.\n",
	 OPTIONS(ingest_options), cmd_ingest},
};
const size_t command_count = ARRAY_SIZE(commands);

const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < command_count; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}
