/* What objects are called in text: as short as possible, and never the same for two files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "report/render/words.h"

static int add(struct recording *rec, const char *path, const char *real_path, int32_t name_space)
{
	struct object *object = recording_add_object(rec);

	object->path = xstrdup(path);
	object->real_path = xstrdup(real_path);
	object->name_space = name_space;
	return (int)rec->object_count - 1;
}

/* Alone, and after all objects were named at once. */
static void assert_called(struct recording *rec, int object, const char *wanted)
{
	AUTO_STRBUF struct strbuf name = STRBUF_INIT, again = STRBUF_INIT;

	add_object(&name, rec, object);
	assert_string_equal(name.s, wanted);
	name_objects(rec);
	add_object(&again, rec, object);
	assert_string_equal(again.s, wanted);
	for (size_t i = 0; i < rec->object_count; i++)
		rec->objects[i].called = NULL;
}

static void file_names_are_enough_for_one_file(void **state)
{
	struct recording rec;

	(void)state;
	recording_init(&rec);
	add(&rec, "/opt/app/bin/host", NULL, 0);
	add(&rec, "/lib/libc.so.6", NULL, 0);
	add(&rec, "/lib/xlibc.so.6", NULL, 0); /* ends alike, but is another name */
	add(&rec, "", NULL, 0);
	assert_called(&rec, 0, "host");
	assert_called(&rec, 1, "libc.so.6");
	assert_called(&rec, 2, "xlibc.so.6");
	assert_called(&rec, 3, "");
	assert_called(&rec, NONE, "an unknown object");
	assert_called(&rec, 4, "an unknown object");
	recording_release(&rec);
}

static void copies_are_told_apart(void **state)
{
	struct recording rec;

	(void)state;
	recording_init(&rec);
	add(&rec, "/a/p1/lib/x.so", NULL, 0);
	add(&rec, "/a/p2/lib/x.so", NULL, 0);
	add(&rec, "/a/p2/y/x.so", NULL, 0);
	add(&rec, "x.so", NULL, 0);         /* the end of all others: nothing can be added */
	add(&rec, "/p1/lib/x.so", NULL, 0); /* the end of another one */
	assert_called(&rec, 0, "a/p1/lib/x.so");
	assert_called(&rec, 1, "p2/lib/x.so");
	assert_called(&rec, 2, "y/x.so");
	assert_called(&rec, 3, "x.so");
	assert_called(&rec, 4, "/p1/lib/x.so");
	recording_release(&rec);
}

/* One file loaded twice is one file, however it was asked for; only its namespace is added. */
static void one_file_has_one_name(void **state)
{
	struct recording rec;

	(void)state;
	recording_init(&rec);
	add(&rec, "./p1/x.so", "/a/p1/x.so", 0);
	add(&rec, "/a/p2/../p1/x.so", "/a/p1/x.so", 0);
	add(&rec, "/a/p1/x.so", "/a/p1/x.so", 2);
	assert_called(&rec, 0, "x.so");
	assert_called(&rec, 1, "x.so");
	assert_called(&rec, 2, "x.so (namespace 2)");
	add(&rec, "/a/./p2/x.so", "/a/p2/x.so", 3);
	assert_called(&rec, 1, "p1/x.so");
	assert_called(&rec, 2, "p1/x.so (namespace 2)");
	assert_called(&rec, 3, "p2/x.so (namespace 3)");
	recording_release(&rec);
}

/* The name that was asked for is what people know, not the file behind a link. */
static void links_keep_their_names(void **state)
{
	struct recording rec;

	(void)state;
	recording_init(&rec);
	add(&rec, "/lib/libx.so.1", "/lib/libx.so.1.2.3", 0);
	add(&rec, "/opt/libx.so.1", "/opt/libx.so.1.2.4", 0);
	assert_called(&rec, 0, "lib/libx.so.1");
	assert_called(&rec, 1, "opt/libx.so.1");
	recording_release(&rec);
}

static void names_are_escaped(void **state)
{
	struct recording rec;

	(void)state;
	recording_init(&rec);
	add(&rec, "/\033a/x\n.so", NULL, 0);
	add(&rec, "/\033b/x\n.so", NULL, 0);
	assert_called(&rec, 0, "\\x1ba/x\\n.so");
	recording_release(&rec);
}

/* Callers in a copy are named as the copy is, also where no function is known. */
static void callers_name_their_copy(void **state)
{
	struct recording rec;
	AUTO_STRBUF struct strbuf text = STRBUF_INIT;
	struct frame frame = {.object = 1, .address = 0x1010};

	(void)state;
	recording_init(&rec);
	add(&rec, "/a/p1/x.so", NULL, 0);
	add(&rec, "/a/p2/x.so", NULL, 2);
	rec.objects[1].load_address = 0x1000;
	add_frame(&text, &rec, &frame, false);
	assert_string_equal(text.s, "p2/x.so+0x10 (namespace 2)");
	strbuf_reset(&text);
	frame.function = xstrdup("f");
	add_frame(&text, &rec, &frame, false);
	assert_string_equal(text.s, "f() in p2/x.so (namespace 2)");
	free(frame.function);
	recording_release(&rec);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(file_names_are_enough_for_one_file),
		cmocka_unit_test(copies_are_told_apart),
		cmocka_unit_test(one_file_has_one_name),
		cmocka_unit_test(links_keep_their_names),
		cmocka_unit_test(names_are_escaped),
		cmocka_unit_test(callers_name_their_copy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
