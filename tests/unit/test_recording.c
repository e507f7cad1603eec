/* One recorded process in memory: finding objects, matching names, the words for people. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/model/recording.h"
#include "report/util.h"

static struct object *add(struct recording *rec, enum object_kind kind, uint64_t start,
			  uint64_t opened, uint64_t closed)
{
	struct object *object = recording_add_object(rec);

	object->kind = kind;
	object->path = xasprintf("/lib/%zu.so", rec->object_count);
	object->map_start = start;
	object->map_end = start + 0x100;
	object->link_map = start + 1;
	object->opened_seq = opened;
	object->closed_seq = closed;
	return object;
}

static void new_elements_refer_to_nothing(void **state)
{
	struct recording rec;

	(void)state;
	recording_init(&rec);
	for (int i = 0; i < 100; i++) { /* more than one growth */
		assert_int_equal(recording_add_object(&rec)->reason_object, NONE);
		assert_int_equal(recording_add_object(&rec)->reason_call, NONE);
		assert_int_equal(recording_add_object(&rec)->reason_search, NONE);
		assert_int_equal(recording_add_search(&rec)->request, NONE);
		assert_int_equal(recording_add_search(&rec)->requester, NONE);
		assert_int_equal(recording_add_search(&rec)->owner, NONE);
		assert_int_equal(recording_add_search(&rec)->result, NONE);
		assert_int_equal(recording_add_search(&rec)->stack, NONE);
		assert_int_equal(recording_add_call(&rec)->caller, NONE);
		assert_int_equal(recording_add_call(&rec)->parent, NONE);
		assert_int_equal(recording_add_call(&rec)->result, NONE);
		assert_int_equal(recording_add_call(&rec)->stack, NONE);
		assert_int_equal(recording_add_activity(&rec)->object, NONE);
		assert_int_equal(recording_add_stack(&rec)->frame_count, 0);
	}
	assert_int_equal(rec.object_count, 300);
	assert_int_equal(rec.search_count, 500);
	recording_release(&rec);
	assert_int_equal(rec.object_count, 0);
	recording_release(&rec); /* twice is harmless */
}

static void address_range_used_twice(void **state)
{
	struct recording rec;

	(void)state;
	recording_init(&rec);
	add(&rec, OBJECT_LIBRARY, 0x1000, 10, 20);
	add(&rec, OBJECT_LIBRARY, 0x1080, 30, 0);
	add(&rec, OBJECT_LIBRARY, 0, 30, 0)->map_end = 0; /* range unknown */
	assert_int_equal(recording_object_at(&rec, 0x1090, 9), NONE);
	assert_int_equal(recording_object_at(&rec, 0x1090, 10), 0);
	assert_int_equal(recording_object_at(&rec, 0x1090, 20), 0); /* la_objclose: still mapped */
	assert_int_equal(recording_object_at(&rec, 0x1090, 25), NONE);
	assert_int_equal(recording_object_at(&rec, 0x1090, 30), 1);
	assert_int_equal(recording_object_at(&rec, 0x1090, UINT64_MAX), 1);
	assert_int_equal(recording_object_at(&rec, 0x107f, 40), NONE);
	assert_int_equal(recording_object_at(&rec, 0x117f, 40), 1);
	assert_int_equal(recording_object_at(&rec, 0x1180, 40), NONE); /* first address past it */
	assert_int_equal(recording_object_at(&rec, 0, 40), NONE);
	recording_release(&rec);
}

static void mapped_before_it_is_announced(void **state)
{
	struct recording rec;

	(void)state;
	recording_init(&rec);
	add(&rec, OBJECT_MAIN, 0x1000, 10, 90);
	add(&rec, OBJECT_LDSO, 0x2000, 20, 0);
	add(&rec, OBJECT_UNOPENED, 0x2000, 50, 0); /* another namespace's entry for ld.so */
	add(&rec, OBJECT_LIBRARY, 0x3000, 60, 0);
	assert_int_equal(recording_object_at(&rec, 0x2010, 1), 1);
	assert_int_equal(recording_object_at(&rec, 0x2010, 70), 1);
	assert_int_equal(recording_object_at(&rec, 0x1010, 1), 0);
	assert_int_equal(recording_object_at(&rec, 0x1010, 91), NONE);
	assert_int_equal(recording_object_at(&rec, 0x3010, 1), NONE);
	recording_release(&rec);
}

static void handles(void **state)
{
	struct recording rec;

	(void)state;
	recording_init(&rec);
	add(&rec, OBJECT_UNOPENED, 0x1000, 10, 0); /* a namespace's head, before its la_objopen */
	add(&rec, OBJECT_LIBRARY, 0x1000, 20, 30);
	add(&rec, OBJECT_LIBRARY, 0x1000, 40, 0);
	add(&rec, OBJECT_LIBRARY, 0x5000, 40, 0)->link_map = 0;
	assert_int_equal(recording_object_by_link_map(&rec, 0x1001, 15), 0);
	assert_int_equal(recording_object_by_link_map(&rec, 0x1001, 25), 1);
	assert_int_equal(recording_object_by_link_map(&rec, 0x1001, 35), 0);
	assert_int_equal(recording_object_by_link_map(&rec, 0x1001, 45), 2);
	assert_int_equal(recording_object_by_link_map(&rec, 0x1002, 45), NONE);
	assert_int_equal(recording_object_by_link_map(&rec, 0, 45), NONE);
	recording_release(&rec);
}

static void names_as_a_person_writes_them(void **state)
{
	struct object object = {
		.path = (char[]){"/opt/app/lib/plug.so"},
		.real_path = (char[]){"/opt/app-2/lib/plug.so.2.1"},
		.soname = (char[]){"libplug.so.2"},
	};
	struct object bare = {.path = (char[]){""}};
	struct object odd = {.path = (char[]){"/x/a[1].so"}};

	(void)state;
	assert_true(object_matches(&object, "libplug.so.2"));
	assert_true(object_matches(&object, "plug.so"));
	assert_true(object_matches(&object, "plug.so.2.1"));
	assert_true(object_matches(&object, "/opt/app/lib/plug.so"));
	assert_true(object_matches(&object, "/opt/app-2/lib/plug.so.2.1"));
	assert_true(object_matches(&object, "libplug*"));
	assert_true(object_matches(&object, "plug.so.?.1"));
	assert_true(object_matches(&object, "/opt/*"));
	assert_true(object_matches(&object, "lib[p]lug.so.2"));
	assert_false(object_matches(&object, "libplug"));
	assert_false(object_matches(&object, "lug.so"));
	assert_false(object_matches(&object, "lib/plug.so"));
	assert_false(object_matches(&object, "libplug.so.2 "));
	assert_false(object_matches(&object, "LIBPLUG*"));
	assert_false(object_matches(&object, ""));
	assert_false(object_matches(&bare, ""));
	assert_false(object_matches(&bare, "*"));
	assert_true(object_matches(&odd, "a[1].so")); /* a name before a glob */
	assert_true(object_matches(&odd, "a?1*"));
}

static void environment(void **state)
{
	struct recording rec;

	(void)state;
	recording_init(&rec);
	*GROW(rec.environment, rec.environment_count, rec.environment_room) =
		(struct variable){xstrdup("LD_PRELOAD"), xstrdup("")};
	assert_string_equal(recording_getenv(&rec, "LD_PRELOAD"), "");
	assert_null(recording_getenv(&rec, "LD_PRELOA"));
	assert_null(recording_getenv(&rec, "LD_PRELOAD2"));
	recording_release(&rec);
}

#define CHECK_WORDS(name, first, last)                                                       \
	do {                                                                                 \
		for (int i = (first); i <= (last); i++) {                                    \
			assert_int_equal(name##_parse(name##_name((enum name)i)), i);        \
			assert_true(i == 0 || strcmp(name##_name((enum name)i), "unknown")); \
		}                                                                            \
		assert_string_equal(name##_name((enum name)((last) + 1)), "unknown");        \
		assert_string_equal(name##_name((enum name) - 1), "unknown");                \
		assert_int_equal(name##_parse("no such word"), -1);                          \
		assert_int_equal(name##_parse(""), -1);                                      \
		assert_int_equal(name##_parse(NULL), -1);                                    \
	} while (0)

static void words_and_back(void **state)
{
	(void)state;
	CHECK_WORDS(object_kind, OBJECT_LIBRARY, OBJECT_UNOPENED);
	CHECK_WORDS(load_reason, REASON_UNKNOWN, REASON_INHERITED);
	CHECK_WORDS(search_origin, ORIGIN_NAME, ORIGIN_SECURE);
	CHECK_WORDS(search_rule, RULE_UNKNOWN, RULE_DEFAULT);
	CHECK_WORDS(outcome, OUTCOME_UNKNOWN, OUTCOME_UNUSABLE);
	CHECK_WORDS(call_kind, CALL_DLOPEN, CALL_THREAD_ATEXIT);
	CHECK_WORDS(known_by, KNOWN_NOT, KNOWN_NOT_LOADED);
	CHECK_WORDS(activity_kind, ACTIVITY_CONSISTENT, ACTIVITY_PREINIT);
	/* some that the schema spells out */
	assert_string_equal(object_kind_name(OBJECT_LDSO), "ld.so");
	assert_string_equal(search_rule_name(RULE_LD_LIBRARY_PATH), "LD_LIBRARY_PATH");
	assert_string_equal(outcome_name(OUTCOME_ALREADY_LOADED), "already-loaded");
	assert_string_equal(known_by_name(KNOWN_NESTED_SEARCH), "nested-search");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(new_elements_refer_to_nothing),
		cmocka_unit_test(address_range_used_twice),
		cmocka_unit_test(mapped_before_it_is_announced),
		cmocka_unit_test(handles),
		cmocka_unit_test(names_as_a_person_writes_them),
		cmocka_unit_test(environment),
		cmocka_unit_test(words_and_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
