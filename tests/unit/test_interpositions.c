/* Who wins a symbol, whose calls land elsewhere, and what of it is interesting. */
#include "tests/unit/bound_fixture.h"

#include "report/model/interpositions.h"

/* "foo IDS-- error: 0 1 2 since 30" for each symbol; definers in their order, the winner first. */
static void write_symbol(struct strbuf *out, const struct bound_set *set,
			 const struct interposition *i)
{
	static const char marks[] = "IDSTV";

	strbuf_addf(out, "%s ", name_string(&set->names, i->symbol));
	for (int bit = 0; bit < 5; bit++)
		strbuf_addch(out, i->what >> bit & 1 ? marks[bit] : '-');
	strbuf_addf(out, " %s",
		    i->dull == DULL_NOT ? interest_name(i->interest) : dull_name(i->dull));
	if (i->dull != DULL_NOT && i->interest == INTEREST_NOTE)
		strbuf_addstr(out, " (note)");
	strbuf_addf(out, ": %d;", i->winner);
	for (size_t j = 0; j < i->definer_count; j++)
		strbuf_addf(out, " %d", i->definers[j].object);
	if (i->since)
		strbuf_addf(out, " since %d", (int)i->since);
	strbuf_addch(out, '\n');
}

static void write_pair(struct strbuf *out, const struct interposition_pair *pair)
{
	strbuf_addf(out, "%d over %d: %zu common, %zu own, %zu others', %zu split, %zu vague, %s\n",
		    pair->winner, pair->loser, pair->symbols, pair->interposed, pair->diverted,
		    pair->split, pair->vague, interest_name(pair->interest));
}

static void expect(struct bound_fixture *f, const char *symbols, const char *pairs)
{
	AUTO_INTERPOSITIONS struct interpositions all;
	AUTO_STRBUF struct strbuf out = STRBUF_INIT;
	size_t interests = 0;

	interpositions_build(&f->rec, &f->set, &f->provider, NULL, &all);
	for (size_t j = 0; j < all.count; j++)
		write_symbol(&out, &f->set, &all.list[j]);
	assert_string_equal(out.s, symbols);
	strbuf_reset(&out);
	for (size_t j = 0; j < all.pair_count; j++)
		write_pair(&out, &all.pairs[j]);
	if (pairs)
		assert_string_equal(out.s, pairs);
	for (int j = 0; j <= INTEREST_ERROR; j++)
		interests += all.by_interest[j];
	assert_int_equal(interests, all.count);
	bound_fixture_release(f);
}

/* A program with a static copy of a library that a plugin brings. */
static void taken_over(void **state)
{
	struct bound_fixture f;

	(void)state;
	bound_fixture_init(&f);
	add_object(&f, "/host", NULL, "");
	add_object(&f, "libuser.so", "libuser.so", "2");
	add_object(&f, "libcrypto.so", "libcrypto.so", "");
	define_functions(&f, 0, "inner outer");
	define_functions(&f, 2, "inner outer only");
	bind_to(&f, 20, 1, 0, "outer", NULL, "plt");
	bind_to(&f, 21, 1, 2, "only", NULL, "plt");
	bind_to(&f, 30, 2, 0, "inner", NULL, "plt");
	bind_to(&f, 31, 2, 0, "outer", NULL, "got");
	expect(&f,
	       "inner I---- error: 0; 0 2 since 30\n"
	       "outer ID--- error: 0; 0 2 since 20\n",
	       "0 over 2: 2 common, 2 own, 1 others', 0 split, 0 vague, error\n");
}

/* Nobody misses anything: one of two definitions is used by all, the other one by nobody. */
static void one_way(void **state)
{
	struct bound_fixture f;

	(void)state;
	bound_fixture_init(&f);
	add_object(&f, "/host", NULL, "1 2");
	add_object(&f, "liba.so", "liba.so", "");
	add_object(&f, "libb.so", "libb.so", "");
	define_functions(&f, 1, "f alone");
	define_functions(&f, 2, "f");
	bind_to(&f, 20, 0, 1, "f", NULL, "plt");
	bind_to(&f, 20, 0, 1, "alone", NULL, "plt");
	expect(&f, "f ----- one-way: 1; 1 2\n",
	       "1 over 2: 1 common, 0 own, 0 others', 0 split, 0 vague, none\n");
}

/* The program was linked against the library: a few symbols of its own are a choice, a whole copy
 * of it is not; without that link, one is enough. */
static void program_chose(void **state)
{
	struct bound_fixture f;

	(void)state;
	bound_fixture_init(&f);
	add_object(&f, "/host", NULL, "1");
	add_object(&f, "libreadline.so", "libreadline.so.8", "");
	define_functions(&f, 0, "xmalloc");
	define_functions(&f, 1, "xmalloc");
	bind_to(&f, 20, 1, 0, "xmalloc", NULL, "plt");
	expect(&f, "xmalloc I---- program (note): 0; 0 1 since 20\n", NULL);

	/* The same of what came with a library that it was linked against. */
	bound_fixture_init(&f);
	add_object(&f, "/host", NULL, "1");
	add_object(&f, "libidn2.so", "libidn2.so.0", "2");
	add_object(&f, "libunistring.so", "libunistring.so.2", "");
	define_functions(&f, 0, "locale_charset");
	define_functions(&f, 2, "locale_charset");
	bind_to(&f, 20, 2, 0, "locale_charset", NULL, "plt");
	expect(&f, "locale_charset I---- program (note): 0; 0 2 since 20\n", NULL);

	bound_fixture_init(&f);
	add_object(&f, "/host", NULL, "1");
	add_object(&f, "libcopy.so", "libcopy.so", "");
	define_functions(&f, 0, "a b c d e f g h");
	define_functions(&f, 1, "a b c d e f g h");
	for (const char *s = "abcdefgh"; *s; s++)
		bind_to(&f, 20, 1, 0, (char[]){*s, 0}, NULL, "plt");
	expect(&f,
	       "a I---- error: 0; 0 1 since 20\nb I---- error: 0; 0 1 since 20\n"
	       "c I---- error: 0; 0 1 since 20\nd I---- error: 0; 0 1 since 20\n"
	       "e I---- error: 0; 0 1 since 20\nf I---- error: 0; 0 1 since 20\n"
	       "g I---- error: 0; 0 1 since 20\nh I---- error: 0; 0 1 since 20\n",
	       "0 over 1: 8 common, 8 own, 0 others', 0 split, 0 vague, error\n");

	bound_fixture_init(&f);
	add_object(&f, "/host", NULL, "");
	add_object(&f, "libplugin.so", "libplugin.so", "");
	define_functions(&f, 0, "log_message");
	define_functions(&f, 1, "log_message");
	bind_to(&f, 20, 1, 0, "log_message", NULL, "plt");
	expect(&f, "log_message I---- error: 0; 0 1 since 20\n", NULL);
}

/* Constants of one size are the same in both; of another size, or when they can be written, not. */
static void constants(void **state)
{
	static const struct segment segments[] = {
		{PT_LOAD, PF_R, 0, 0x2000, 0},
		{PT_LOAD, PF_R | PF_W, 0x2000, 0x2000, 0x2000},
		{PT_GNU_RELRO, PF_R, 0x2000, 0x1000, 0x2000},
	};
	struct bound_fixture f;

	(void)state;
	bound_fixture_init(&f);
	add_object(&f, "/host", NULL, "1 2");
	for (int i = 1; i < 3; i++) {
		struct object *object = &f.rec.objects[add_object(&f, "lib.so", NULL, "")];

		object->segments = xcalloc(3, sizeof(segments[0]));
		memcpy(object->segments, segments, sizeof(segments));
		object->segment_count = 3;
		define(&f, i, "table", NULL, STT_OBJECT, STB_GLOBAL)->value = 0x100;
		define(&f, i, "relocated", NULL, STT_OBJECT, STB_GLOBAL)->value = 0x2800;
		define(&f, i, "variable", NULL, STT_OBJECT, STB_GLOBAL)->value = 0x3000;
		define(&f, i, "larger", NULL, STT_OBJECT, STB_GLOBAL)->size = (uint64_t)i;
	}
	bind_to(&f, 20, 2, 1, "table", NULL, "got");
	bind_to(&f, 20, 2, 1, "relocated", NULL, "abs");
	bind_to(&f, 20, 2, 1, "variable", NULL, "got");
	bind_to(&f, 20, 2, 1, "larger", NULL, "got");
	expect(&f,
	       "larger I---- error: 1; 1 2 since 20\n"
	       "variable I---- error: 1; 1 2 since 20\n"
	       "relocated I---- constant (note): 1; 1 2 since 20\n"
	       "table I---- constant (note): 1; 1 2 since 20\n",
	       "1 over 2: 4 common, 4 own, 0 others', 0 split, 0 vague, error\n");
}

/* Two libraries of which one needs the other. */
static void linked(void **state)
{
	struct bound_fixture f;

	(void)state;
	bound_fixture_init(&f);
	add_object(&f, "/host", NULL, "1");
	add_object(&f, "libblas.so.3", "libblas.so.3", "");
	add_object(&f, "liblapack.so.3", "liblapack.so.3", "1");
	define_functions(&f, 1, "lsame_");
	define_functions(&f, 2, "lsame_");
	bind_to(&f, 20, 2, 1, "lsame_", NULL, "plt");
	expect(&f, "lsame_ I---- linked (note): 1; 1 2 since 20\n", NULL);
}

static void add_malloc(struct bound_fixture *f, int object, const char *version, int bind)
{
	define(f, object, "malloc", version, STT_FUNC, bind);
}

/* An allocator that all use; one that some miss; one that came late. */
static void allocators(void **state)
{
	struct bound_fixture f;

	(void)state;
	bound_fixture_init(&f);
	add_object(&f, "/host", NULL, "2 3");
	add_object(&f, "libmalloc.so", "libmalloc.so", "");
	f.rec.objects[1].reason = REASON_PRELOAD;
	add_object(&f, "/lib/libc.so.6", "libc.so.6", "");
	add_object(&f, "libx.so", "libx.so", "2");
	add_malloc(&f, 1, NULL, STB_GLOBAL);
	add_malloc(&f, 2, "GLIBC_2.2.5", STB_GLOBAL);
	bind_to(&f, 20, 0, 1, "malloc", "GLIBC_2.2.5", "plt");
	bind_to(&f, 20, 2, 1, "malloc", "GLIBC_2.2.5", "plt");
	bind_to(&f, 20, 3, 1, "malloc", "GLIBC_2.2.5", "plt");
	/* The allocator asks for the next one. */
	bind_to(&f, 25, 1, 2, "malloc", NULL, "dlsym");
	expect(&f, "malloc ID--- glibc: 1; 1 2 since 20\n", NULL);

	/* A plugin with RTLD_DEEPBIND gets libc's. */
	bound_fixture_init(&f);
	add_object(&f, "/host", NULL, "2");
	add_object(&f, "libmalloc.so", "libmalloc.so", "");
	f.rec.objects[1].reason = REASON_PRELOAD;
	add_object(&f, "/lib/libc.so.6", "libc.so.6", "");
	add_object(&f, "deep.so", NULL, "2");
	add_malloc(&f, 1, NULL, STB_GLOBAL);
	add_malloc(&f, 2, "GLIBC_2.2.5", STB_GLOBAL);
	bind_to(&f, 20, 0, 1, "malloc", "GLIBC_2.2.5", "plt");
	bind_to(&f, 20, 2, 1, "malloc", "GLIBC_2.2.5", "plt");
	bind_to(&f, 30, 3, 2, "malloc", "GLIBC_2.2.5", "plt");
	expect(&f, "malloc IDS-- error: 1; 1 2 since 20\n",
	       "1 over 2: 1 common, 1 own, 1 others', 1 split, 0 vague, error\n");

	/* An allocator opened late: bindings before and after differ. */
	bound_fixture_init(&f);
	add_object(&f, "/host", NULL, "1");
	add_object(&f, "/lib/libc.so.6", "libc.so.6", "");
	add_object(&f, "libjemalloc.so", "libjemalloc.so.2", "1");
	f.rec.objects[2].opened_seq = 25;
	add_malloc(&f, 1, "GLIBC_2.2.5", STB_GLOBAL);
	add_malloc(&f, 2, NULL, STB_GLOBAL);
	bind_to(&f, 20, 0, 1, "malloc", "GLIBC_2.2.5", "got");
	bind_to(&f, 30, 0, 2, "malloc", "GLIBC_2.2.5", "plt");
	expect(&f, "malloc -D-T- error: 1; 1 2 since 30\n",
	       "2 over 1: 1 common, 0 own, 1 others', 1 split, 0 vague, error\n"
	       "1 over 2: 1 common, 0 own, 0 others', 1 split, 0 vague, error\n");

	/* operator new of the program: replaced, for all. */
	bound_fixture_init(&f);
	add_object(&f, "/host", NULL, "1");
	add_object(&f, "libstdc++.so.6", "libstdc++.so.6", "");
	define_functions(&f, 0, "_Znwm _ZdlPv");
	define_functions(&f, 1, "_Znwm _ZdlPv");
	bind_to(&f, 20, 1, 0, "_Znwm", NULL, "plt");
	bind_to(&f, 20, 1, 0, "_ZdlPv", NULL, "plt");
	expect(&f,
	       "_ZdlPv I---- allocator: 0; 0 1 since 20\n"
	       "_Znwm I---- allocator: 0; 0 1 since 20\n",
	       NULL);
}

/* What is as it should be: preloaded wrappers, weak defaults, copied variables, libm and libc. */
static void by_design(void **state)
{
	struct bound_fixture f;

	(void)state;
	/* R's own xerbla_ takes the place of LAPACK's; another function would be an error. */
	bound_fixture_init(&f);
	add_object(&f, "/R", NULL, "1");
	add_object(&f, "libR.so", "libR.so", "");
	add_object(&f, "liblapack.so.3", "liblapack.so.3", "");
	define_functions(&f, 1, "xerbla_ other_");
	define_functions(&f, 2, "xerbla_ other_");
	bind_to(&f, 30, 2, 1, "xerbla_", NULL, "plt");
	bind_to(&f, 30, 2, 1, "other_", NULL, "plt");
	expect(&f,
	       "other_ I---- error: 1; 1 2 since 30\n"
	       "xerbla_ I---- handler: 1; 1 2 since 30\n",
	       NULL);

	bound_fixture_init(&f);
	add_object(&f, "/host", NULL, "2 3");
	add_object(&f, "libwrap.so", "libwrap.so", "");
	f.rec.objects[1].reason = REASON_PRELOAD;
	add_object(&f, "libx.so", "libx.so", "");
	add_object(&f, "/lib/libc.so.6", "libc.so.6", "");
	add_object(&f, "/lib/libm.so.6", "libm.so.6", "3");
	add_object(&f, "liby.so", "liby.so", "2 4");
	define_functions(&f, 1, "wrapped");
	define_functions(&f, 2, "wrapped");
	bind_to(&f, 20, 0, 1, "wrapped", NULL, "plt");
	bind_to(&f, 20, 2, 1, "wrapped", NULL, "plt");
	define_functions(&f, 0, "hook");
	define(&f, 2, "hook", NULL, STT_FUNC, STB_WEAK);
	bind_to(&f, 20, 2, 0, "hook", NULL, "plt");
	define(&f, 0, "variable", NULL, STT_OBJECT, STB_GLOBAL);
	define(&f, 2, "variable", NULL, STT_OBJECT, STB_GLOBAL);
	bind_to(&f, 20, 0, 2, "variable", NULL, "copy");
	bind_to(&f, 20, 2, 0, "variable", NULL, "got");
	bind_to(&f, 20, 5, 0, "variable", NULL, "got");
	define_functions(&f, 3, "copysign");
	define_functions(&f, 4, "copysign");
	bind_to(&f, 20, 4, 3, "copysign", NULL, "plt");
	expect(&f,
	       "copysign I---- glibc: 3; 3 4 since 20\n"
	       "hook I---- weak: 0; 0 2 since 20\n"
	       "variable ID--- copy: 0; 0 2 since 20\n"
	       "wrapped ID--- preload: 1; 1 2 since 20\n",
	       NULL);
}

/* A protected variable of the library, and the program's copy of it: two variables. */
static void copy_that_is_missed(void **state)
{
	struct bound_fixture f;

	(void)state;
	bound_fixture_init(&f);
	add_object(&f, "/host", NULL, "1");
	add_object(&f, "libx.so", "libx.so", "");
	add_object(&f, "liby.so", "liby.so", "1");
	define(&f, 0, "variable", NULL, STT_OBJECT, STB_GLOBAL);
	define(&f, 1, "variable", NULL, STT_OBJECT, STB_GLOBAL);
	bind_to(&f, 20, 0, 1, "variable", NULL, "copy");
	bind_to(&f, 20, 1, 1, "variable", NULL, "got");
	bind_to(&f, 21, 2, 0, "variable", NULL, "got");
	expect(&f, "variable -DS-- warning: 0; 0 1 since 21\n", NULL);
}

/* Local scopes: each plugin uses its own, or gets that of its own library. */
static void plugins(void **state)
{
	struct bound_fixture f;

	(void)state;
	bound_fixture_init(&f);
	add_object(&f, "/host", NULL, "");
	add_object(&f, "a.so", NULL, "3");
	add_object(&f, "b.so", NULL, "4");
	add_object(&f, "liba1.so", "liba1.so", "");
	add_object(&f, "libb1.so", "libb1.so", "");
	define_functions(&f, 1, "plugin_init helper");
	define_functions(&f, 2, "plugin_init helper");
	bind_to(&f, 20, 0, 1, "plugin_init", NULL, "dlsym");
	bind_to(&f, 21, 0, 2, "plugin_init", NULL, "dlsym");
	bind_to(&f, 20, 1, 1, "helper", NULL, "plt");
	bind_to(&f, 21, 2, 2, "helper", NULL, "plt");
	expect(&f,
	       "helper ----- private (note): 1; 1 2\n"
	       "plugin_init ----- interface: 1; 1 2\n",
	       NULL);
}

/* Two copies of one library, each with its users: seen without scopes, as if all saw all. */
static void split_copies(void **state)
{
	struct bound_fixture f;

	(void)state;
	bound_fixture_init(&f);
	add_object(&f, "/host", NULL, "");
	add_object(&f, "a.so", NULL, "3");
	add_object(&f, "b.so", NULL, "4");
	add_object(&f, "libgomp.so.1", "libgomp.so.1", "");
	add_object(&f, "libgomp-1a2b3c4d.so.1", "libgomp-1a2b3c4d.so.1", "");
	define(&f, 3, "omp_get", "OMP_1.0", STT_FUNC, STB_GLOBAL);
	define(&f, 4, "omp_get", "OMP_1.0", STT_FUNC, STB_GLOBAL);
	bind_to(&f, 20, 1, 3, "omp_get", "OMP_1.0", "plt");
	bind_to(&f, 30, 2, 4, "omp_get", "OMP_1.0", "plt");
	expect(&f, "omp_get --S-- warning: 3; 3 4 since 30\n", NULL);
}

/* Versions that do not serve the other's users are no rivals; neither is what was closed before. */
static void no_rivals(void **state)
{
	struct bound_fixture f;

	(void)state;
	bound_fixture_init(&f);
	add_object(&f, "/host", NULL, "");
	add_object(&f, "a.so", NULL, "3");
	add_object(&f, "b.so", NULL, "4");
	add_object(&f, "libssl.so.1.1", "libssl.so.1.1", "");
	add_object(&f, "libssl.so.3", "libssl.so.3", "");
	define(&f, 3, "SSL_new", "OPENSSL_1_1_0", STT_FUNC, STB_GLOBAL);
	define(&f, 4, "SSL_new", "OPENSSL_3.0.0", STT_FUNC, STB_GLOBAL);
	bind_to(&f, 20, 1, 3, "SSL_new", "OPENSSL_1_1_0", "plt");
	bind_to(&f, 30, 2, 4, "SSL_new", "OPENSSL_3.0.0", "plt");
	expect(&f, "SSL_new ----- apart (note): 3; 3 4\n", NULL);

	bound_fixture_init(&f);
	add_object(&f, "/host", NULL, "");
	add_object(&f, "user.so", NULL, "");
	add_object(&f, "old.so", "plugin.so", "");
	add_object(&f, "new.so", "plugin.so", "");
	f.rec.objects[2].closed_seq = 25;
	f.rec.objects[3].opened_seq = 26;
	define_functions(&f, 2, "run");
	define_functions(&f, 3, "run");
	bind_to(&f, 20, 1, 2, "run", NULL, "plt");
	bind_to(&f, 30, 1, 3, "run", NULL, "plt");
	expect(&f, "run ----- apart (note): 2; 2 3\n", NULL);
}

/* Namespaces have nothing to do with one another. */
static void namespaces(void **state)
{
	struct bound_fixture f;

	(void)state;
	bound_fixture_init(&f);
	add_object(&f, "/host", NULL, "1");
	add_object(&f, "libx.so", "libx.so", "");
	add_object(&f, "libx.so", "libx.so", "");
	add_object(&f, "p.so", NULL, "2");
	f.rec.objects[2].name_space = f.rec.objects[3].name_space = 1;
	define_functions(&f, 1, "f");
	define_functions(&f, 2, "f");
	bind_to(&f, 20, 0, 1, "f", NULL, "plt");
	bind_to(&f, 30, 3, 2, "f", NULL, "plt");
	expect(&f, "", "");
}

static void bind_vague(struct bound_fixture *f, int from, int to, const char *symbol)
{
	bind_to(f, 20, from, to, symbol, NULL, "got");
}

/* C++: one definition in use is as it should be; more of them, as far as they have state. */
static void vague(void **state)
{
	static const char *const symbols[] = {"_ZTI5Shape", "_ZTISt9exception", "_ZN3fooIiE5valueE",
					      "_Z6inlinev", "_ZTV5Shape",       "_ZTI5Other"};
	struct bound_fixture f;

	(void)state;
	bound_fixture_init(&f);
	add_object(&f, "/host", NULL, "");
	add_object(&f, "a.so", NULL, "");
	add_object(&f, "b.so", NULL, "");
	for (size_t i = 0; i < ARRAY_SIZE(symbols); i++)
		for (int object = 1; object < 3; object++)
			define(&f, object, symbols[i], NULL, i == 3 ? STT_FUNC : STT_OBJECT,
			       STB_WEAK);
	/* All use a's of Other; of the rest, each its own. */
	for (size_t i = 0; i < ARRAY_SIZE(symbols); i++)
		for (int object = 1; object < 3; object++)
			bind_vague(&f, object, i == 5 ? 1 : object, symbols[i]);
	expect(&f,
	       "_ZN3fooIiE5valueE ----V warning: 1; 1 2\n"
	       "_ZTI5Shape ----V warning: 1; 1 2\n"
	       "_Z6inlinev ----V instance (note): 1; 1 2\n"
	       "_ZTISt9exception ----V unshared (note): 1; 1 2\n"
	       "_ZTV5Shape ----V instance (note): 1; 1 2\n"
	       "_ZTI5Other I---- unified: 1; 1 2 since 20\n",
	       NULL);
}

/* A function's address is that of its PLT entry in a program that is not position-independent:
 * the program defines nothing. */
static void plt_address(void **state)
{
	struct bound_fixture f;

	(void)state;
	bound_fixture_init(&f);
	add_object(&f, "/host", NULL, "1");
	add_object(&f, "liba.so", "liba.so", "");
	add_object(&f, "libb.so", "libb.so", "");
	define_functions(&f, 1, "f");
	define_functions(&f, 2, "f");
	bind_to(&f, 20, 1, 0, "f", NULL, "got");
	bind_to(&f, 20, 0, 1, "f", NULL, "plt");
	expect(&f, "f ----- one-way: 1; 1 2\n", NULL);
}

/* Without a table only what bindings show is known, and it is said of how many objects. */
static void no_tables(void **state)
{
	struct bound_fixture f;
	AUTO_INTERPOSITIONS struct interpositions all;

	(void)state;
	bound_fixture_init(&f);
	add_object(&f, "/host", NULL, "");
	add_object(&f, "a.so", NULL, "");
	add_object(&f, "b.so", NULL, "");
	f.tables[1].source = f.tables[2].source = SYMBOLS_NONE;
	bind_to(&f, 20, 0, 1, "f", NULL, "plt");
	bind_to(&f, 21, 2, 2, "f", NULL, "plt");
	bind_to(&f, 22, 2, 2, "f", NULL, "got");
	interpositions_build(&f.rec, &f.set, &f.provider, NULL, &all);
	assert_int_equal(all.inexact, 2);
	assert_int_equal(all.count, 1);
	assert_int_equal(all.list[0].definer_count, 2);
	assert_int_equal(all.list[0].user_count, 3);
	assert_int_equal(all.list[0].dull, DULL_PRIVATE);
	interpositions_release(&all);
	/* No provider at all, and nothing at all. */
	interpositions_build(&f.rec, &f.set, NULL, NULL, &all);
	assert_int_equal(all.inexact, 3);
	interpositions_release(&all);
	bound_fixture_release(&f);
	bound_fixture_init(&f);
	interpositions_build(&f.rec, &f.set, NULL, NULL, &all);
	assert_int_equal(all.count, 0);
	bound_fixture_release(&f);
}

/* References that lie: unknown referrers, references to oneself, needed entries out of range. */
static void lies(void **state)
{
	struct bound_fixture f;

	(void)state;
	bound_fixture_init(&f);
	add_object(&f, "/host", NULL, "1 99 0");
	add_object(&f, "a.so", NULL, "1");
	define_functions(&f, 0, "f");
	define_functions(&f, 1, "f");
	f.rec.objects[1].reason_object = 1;
	bind_to(&f, 20, NONE, 1, "f", "V", "plt");
	bind_to(&f, 0, NONE, 0, "f", NULL, "nonsense");
	bind_to(&f, UINT64_MAX, 1, 1, "f", NULL, "copy");
	expect(&f, "f ----- apart (note): 0; 0 1\n", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(taken_over),    cmocka_unit_test(one_way),
		cmocka_unit_test(program_chose), cmocka_unit_test(linked),
		cmocka_unit_test(constants),     cmocka_unit_test(allocators),
		cmocka_unit_test(by_design),     cmocka_unit_test(copy_that_is_missed),
		cmocka_unit_test(plugins),       cmocka_unit_test(split_copies),
		cmocka_unit_test(no_rivals),     cmocka_unit_test(namespaces),
		cmocka_unit_test(vague),         cmocka_unit_test(plt_address),
		cmocka_unit_test(no_tables),     cmocka_unit_test(lies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
