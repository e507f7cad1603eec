/* What the fuzz targets share. */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <fcntl.h>
#include <jansson.h>
#include <locale.h>
#include <unistd.h>

#include "report/cmd.h"
#include "report/store/store.h"

bool fuzz_thorough;

static char *directory;

/* Files only: nothing that is run here makes directories. */
static void leave_directory(void)
{
	DIR *dir = opendir(directory);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (*entry->d_name != '.')
			unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir)
		closedir(dir);
	rmdir(directory);
	free(directory);
}

void fuzz_enter_directory(void)
{
	const char *parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : getenv("TMPDIR");

	if (directory)
		return;
	directory = xasprintf("%s/plugreport-fuzz-XXXXXX", parent ? parent : "/tmp");
	if (!mkdtemp(directory) || chdir(directory) < 0)
		BUG("can't make %s", directory);
	atexit(leave_directory);
	/* As main() does, and nothing of the caller's environment. */
	setlocale(LC_CTYPE, "C.UTF-8");
	unsetenv("PLUGAUDIT_SUPPRESSIONS");
	unsetenv("PLUGAUDIT_DB");
}

void fuzz_write_file(const char *path, const void *bytes, size_t size)
{
	AUTO_FCLOSE FILE *file = fopen(path, "we");

	if (!file || (size && fwrite(bytes, size, 1, file) != 1) || fflush(file) != 0)
		BUG("can't write %s", path);
}

uint64_t fuzz_hash(const void *bytes, size_t size)
{
	const unsigned char *p = bytes;
	uint64_t hash = 0xcbf29ce484222325u;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ p[i]) * 0x100000001b3u;
	return hash ^ hash >> 32;
}

/* --- what an answer may have in it --- */

/* What a terminal, or who reads along, takes for something else than text. */
static bool is_bad(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x061c || code == 0x200e ||
	       code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
	       (code >= 0x2066 && code <= 0x2069) || code == 0xfeff;
}

static void check_text(const char *text, size_t length, const char *allowed)
{
	const unsigned char *p = (const unsigned char *)text;

	for (size_t at = 0, n; at < length; at += n) {
		uint32_t code;

		n = utf8_decode(p + at, length - at, &code);
		if (n == 0)
			BUG("byte %zu of the answer, 0x%02x, is not UTF-8", at, p[at]);
		if (is_bad(code) && !(code && code < 0x80 && strchr(allowed, (int)code)))
			BUG("byte %zu of the answer begins U+%04X", at, code);
	}
}

static void check_answer(const struct options *options, const char *text, size_t length)
{
	json_error_t error;
	json_t *json;

	check_text(text, length, "\n\r");
	if (!options->json && !options->sarif)
		return;
	if (!length) /* a message on standard error in its place */
		return;
	json = json_loadb(text, length, JSON_ALLOW_NUL, &error);
	if (!json)
		BUG("not JSON: %s", error.text);
	json_decref(json);
}

/* --- questions --- */

/* As main.c does, but that a database which is none does not end the program. */
static void answer(const struct invocation *invocation, struct store *store, FILE *out)
{
	struct context context = {
		.command = invocation->command,
		.options = &invocation->options,
		.operands = invocation->operands,
		.operand_count = invocation->operand_count,
		.out = out,
		.store = store,
		.foreign = invocation->options.sarif,
	};

	context.render = context_render(&context);
	context.command->run(&context);
	if (!render_finish(context.render))
		BUG("the answer could not be written");
	context_say_remarks(&context);
	store_close(context.store);
}

static void run(const struct invocation *invocation)
{
	struct store *store = NULL;
	char *text = NULL;
	size_t length = 0;
	FILE *out;

	if (invocation->options.db_given) {
		store = store_open_read(invocation->options.db);
		if (!store)
			return;
	}
	if (!(invocation->command->flags & COMMAND_DATABASE)) { /* it opens by itself */
		store_close(store);
		store = NULL;
	}
	out = open_memstream(&text, &length);
	if (!out)
		BUG("out of memory");
	answer(invocation, store, out);
	fclose(out);
	check_answer(&invocation->options, text, length);
	free(text);
}

void fuzz_question(const char *const *words)
{
	AUTO_STRBUF struct strbuf error = STRBUF_INIT;
	struct invocation invocation;
	char *argv[16];
	int argc = 0;

	argv[argc++] = (char *)"plugreport";
	for (; *words; words++)
		argv[argc++] = (char *)*words;
	if (!options_parse(argc, argv, NULL, &invocation, &error))
		BUG("%s", error.s);
	run(&invocation);
	invocation_release(&invocation);
}

#define FORMATS(...)                  \
	{__VA_ARGS__},                \
	{                             \
		__VA_ARGS__, "--json" \
	}

static const char *const questions[][6] = {
	FORMATS("why-loaded", "*"),
	FORMATS("why-found", "*", "--all"),
	FORMATS("why-bound", "*"),
	FORMATS("check", "--all"),
	{"check", "--sarif"},
	{"export", "--format=json"},
	{"export", "--format=dot"},
	{"export", "--format=chrome-trace"},
	{"export", "--format=csv", "--table=objects"},
	{"export", "--format=csv", "--table=bindings"},
	{"export", "--format=csv", "--table=searches"},
	{"export", "--format=csv", "--table=calls"},
	{"export", "--format=csv", "--table=processes"},
	FORMATS("objects", "--all"),
	FORMATS("object", "*", "--all"),
	FORMATS("tree", "--all"),
	FORMATS("searches", "--all"),
	FORMATS("calls", "--stack", "--all"),
	FORMATS("bindings", "--all"),
	FORMATS("bindings", "--unbound"),
	FORMATS("duplicates", "--all"),
	FORMATS("interpositions", "--all"),
	FORMATS("processes", "--all"),
	FORMATS("namespaces"),
	FORMATS("why-global", "*"),
	FORMATS("promotions"),
	FORMATS("why-resident", "*"),
	FORMATS("timeline"),
	FORMATS("scopes"),
	FORMATS("scopes", "--at=600"),
	FORMATS("units", "--all"),
	FORMATS("info"),
	FORMATS("verify", "--all"),
	FORMATS("sql", "SELECT * FROM object, process LIMIT 5"),
	FORMATS("sql", "SELECT * FROM v_call"),
	{"html", "-q", "-o", "page.html"},
	{"pack", "-o", "packed"},
};

static void ask(const char *path, size_t number)
{
	const char *words[ARRAY_SIZE(questions[0]) + 2];
	size_t count = 0;

	while (count < ARRAY_SIZE(questions[0]) && questions[number][count]) {
		words[count] = questions[number][count];
		count++;
	}
	words[count++] = "-d";
	words[count++] = path;
	words[count] = NULL;
	unlink("packed");
	fuzz_question(words);
}

static void compare(const char *path, const char *other, uint64_t choice)
{
	const char *const forms[][7] = {
		{"diff", other, path},
		{"diff", path, other, "--json"},
		{"html", "--diff", "-q", "-o", "page.html", other, path},
	};
	struct store *store = store_open_read(path);

	if (!store) /* the commands would end the program */
		return;
	store_close(store);
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		const char *words[ARRAY_SIZE(forms[0]) + 1] = {0};

		memcpy(words, forms[i], sizeof(forms[i]));
		if (fuzz_thorough || choice % ARRAY_SIZE(forms) == i)
			fuzz_question(words);
	}
}

void fuzz_questions(const char *path, const char *other, uint64_t choice)
{
	size_t count = ARRAY_SIZE(questions);

	if (fuzz_thorough) {
		for (size_t i = 0; i < count; i++)
			ask(path, i);
	} else {
		ask(path, choice % count);
		ask(path, choice / count % count);
	}
	if (fuzz_thorough || choice >> 40 & 1)
		compare(path, other, choice >> 20);
}

bool fuzz_ingest(const char *db, const char *path)
{
	const struct ingest_options options = {
		.spools = &path, .spool_count = 1, .only_these = true};
	struct ingest_result result;

	return store_ingest(db, &options, &result) && access(db, F_OK) == 0;
}
