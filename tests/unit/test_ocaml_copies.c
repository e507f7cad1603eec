/* Which OCaml compilation units are in several objects, and who is bound to which copy. */
#include "tests/unit/bound_fixture.h"

#include "report/model/ocaml_copies.h"

static void expect(struct bound_fixture *f, const char *text)
{
	AUTO_OCAML_COPIES struct ocaml_copies copies;
	AUTO_STRBUF struct strbuf out = STRBUF_INIT;

	for (size_t i = 0; i < f->rec.object_count; i++)
		symbol_table_index(&f->tables[i]);
	ocaml_copies_build(&f->rec, &f->set, &f->provider, &copies);
	for (size_t i = 0; i < copies.count; i++) {
		const struct unit_copies *unit = &copies.list[i];

		strbuf_addf(&out, "%s %zu:", unit->unit, unit->run);
		for (size_t j = 0; j < unit->count; j++) {
			const struct unit_copy *copy = &unit->copies[j];

			strbuf_addf(&out, " %d%s(", copy->object, copy->plugin ? "p" : "");
			for (size_t k = 0; k < copy->user_count; k++)
				strbuf_addf(&out, "%d*%d ", copy->users[k].from,
					    (int)copy->users[k].references);
			strbuf_addf(&out, "own %d lost %d)", (int)copy->own, (int)copy->lost);
		}
		strbuf_addch(&out, '\n');
	}
	assert_string_equal(out.s, text);
	for (size_t i = 0; i < f->rec.object_count; i++)
		symbol_table_release(&f->tables[i]);
	bound_fixture_release(f);
}

/* Dynlink has looked the unit's entry up. */
static void ran(struct bound_fixture *f, int plugin, const char *entry)
{
	struct call *call = recording_add_call(&f->rec);

	call->kind = CALL_DLSYM;
	call->result = plugin;
	call->name = xstrdup(entry);
}

static void host_and_plugins(struct bound_fixture *f)
{
	bound_fixture_init(f);
	add_object(f, "/host", NULL, "");
	define_functions(f, 0, "caml_globals_map camlLib__code_begin camlLib__Mod__code_begin");
	for (int i = 1; i < 3; i++) {
		add_object(f, "/plugin.cmxs", NULL, "");
		define_functions(f, i, "caml_plugin_header camlLib__code_begin");
	}
}

static void users_and_strangers(void **state)
{
	struct bound_fixture f;

	(void)state;
	host_and_plugins(&f);
	bind_to(&f, 1, 1, 0, "camlLib__f_12", NULL, "plt");
	bind_to(&f, 2, 1, 0, "camlLib", NULL, "got");
	bind_to(&f, 3, 1, 0, "camlLib__Mod__f_1", NULL, "got"); /* a unit of its own */
	bind_to(&f, 4, 2, 2, "camlLib", NULL, "got");
	bind_to(&f, 5, 0, 2, "camlLib__entry", NULL, "dlsym"); /* Dynlink */
	bind_to(&f, 6, 1, 0, "caml_alloc1", NULL, "plt");      /* the runtime's */
	bind_to(&f, 7, 1, 0, "camlOther__f_1", NULL, "plt");   /* nobody's */
	expect(&f, "Lib 1: 0(1*2 own 0 lost 0) 1p(own 0 lost 2) 2p(own 1 lost 0)\n"
		   "Lib__Mod 1: 0(1*1 own 0 lost 0)\n");
}

static void what_ran(void **state)
{
	struct bound_fixture f;

	(void)state;
	host_and_plugins(&f);
	ran(&f, 1, "camlLib__entry");
	ran(&f, 2, "camlOther__entry");
	expect(&f, "Lib 2: 0(own 0 lost 0) 1p(own 0 lost 0) 2p(own 0 lost 0)\n"
		   "Lib__Mod 1: 0(own 0 lost 0)\n");
}

static void names_of_ocaml_5(void **state)
{
	struct bound_fixture f;

	(void)state;
	bound_fixture_init(&f);
	add_object(&f, "/host", NULL, "");
	define_functions(&f, 0, "caml_globals_map camlA.code_begin");
	add_object(&f, "/plugin.cmxs", NULL, "");
	define_functions(&f, 1, "caml_plugin_header camlA.code_begin camlB__C.code_begin");
	ran(&f, 1, "camlA.entry");
	bind_to(&f, 1, 0, 1, "camlB__C.Sub.f_3", NULL, "got");
	expect(&f, "A 2: 0(own 0 lost 0) 1p(own 0 lost 0)\n"
		   "B__C 0: 1p(0*1 own 0 lost 0)\n");
}

/* Marks in what is no program or plugin of OCaml's, and objects without a table, say nothing. */
static void nothing_known(void **state)
{
	struct bound_fixture f;

	(void)state;
	bound_fixture_init(&f);
	add_object(&f, "/host", NULL, "");
	define_functions(&f, 0, "camlA__code_begin");
	add_object(&f, "/plugin.cmxs", NULL, "");
	f.tables[1].source = SYMBOLS_NONE;
	expect(&f, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(users_and_strangers),
		cmocka_unit_test(what_ran),
		cmocka_unit_test(names_of_ocaml_5),
		cmocka_unit_test(nothing_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
