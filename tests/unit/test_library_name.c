/* What the file names of libraries say: families, versions, hashes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/model/duplicates.h"
#include "report/util.h"

/* "family|major|version|#" */
static char *parsed(const char *file)
{
	struct library_name name;
	char *text;

	library_name_parse(file, &name);
	text = xasprintf("%s|%s|%s|%s", name.family, name.major, name.version,
			 name.hashed ? "#" : "");
	library_name_release(&name);
	return text;
}

#define assert_parsed(file, wanted)                   \
	do {                                          \
		AUTO_FREE char *text_ = parsed(file); \
		assert_string_equal(text_, wanted);   \
	} while (0)

static void families(void **state)
{
	(void)state;
	assert_parsed("/usr/lib/libssl.so.1.1", "libssl||1.1|");
	assert_parsed("libssl.so.3", "libssl||3|");
	assert_parsed("libLLVM-14.so.1", "libLLVM|14|1|");
	assert_parsed("libLLVM.so.18.1", "libLLVM||18.1|");
	assert_parsed("libprotobuf.so.32.0.12", "libprotobuf||32.0.12|");
	assert_parsed("libpython3.11.so.1.0", "libpython|3.11|1.0|");
	assert_parsed("libglib-2.0.so.0", "libglib|2.0|0|");
	assert_parsed("libgtk-3.so.0", "libgtk|3|0|");
	assert_parsed("libpng16.so.16", "libpng|16|16|");
	assert_parsed("libpcre2-8.so.0", "libpcre2|8|0|");
	assert_parsed("libQt5Core.so.5", "libQtCore|5|5|");
	assert_parsed("libQt6Core.so.6", "libQtCore|6|6|");
	assert_parsed("libKF5Archive.so.5", "libKFArchive|5|5|");
	assert_parsed("libX11.so.6", "libX|11|6|");
	assert_parsed("libX11-xcb.so.1", "libX11-xcb||1|");
	assert_parsed("libfoo.so", "libfoo|||");
	assert_parsed("libstdc++.so.6", "libstdc++||6|");
}

/* A hash of eight hexadecimal digits before .so, once or several times. */
static void hashes(void **state)
{
	(void)state;
	assert_parsed("libgomp-a34b3233.so.1.0.0", "libgomp||1.0.0|#");
	assert_parsed("libgfortran-040039e1-0352e75f.so.5.0.0", "libgfortran||5.0.0|#");
	assert_parsed("libopenblas64_p-r0-0cf96a72.3.23.dev.so",
		      "libopenblas64_p-r0-0cf96a72.3.23.dev|||");
	assert_parsed("libscipy_openblas-c128ec02.so", "libscipy_openblas|||#");
	assert_parsed("libfoo-99887766.so.1", "libfoo||1|#");
	/* No hash: a date, a word, too short. */
	assert_parsed("libabsl-20230125.so.1", "libabsl|20230125|1|");
	assert_parsed("libfoo-deadbee.so.1", "libfoo-deadbee||1|");
	assert_parsed("libfoo-backbone.so.1", "libfoo-backbone||1|");
}

/* Names that are no library's have no family. */
static void strangers(void **state)
{
	(void)state;
	assert_parsed("", "|||");
	assert_parsed(NULL, "|||");
	assert_parsed("/usr/bin/python3.11", "|||");
	assert_parsed("_multiarray.cpython-311-x86_64-linux-gnu.so", "|||");
	assert_parsed("mod_ssl.so", "|||");
	assert_parsed("lib.so", "lib|||");
	assert_parsed("lib7.so.1", "lib7||1|");
	assert_parsed("lib-12345678.so", "lib-12345678|||");
	assert_parsed("libfoo.solid", "|||");
	assert_parsed("libfoo.source.so.2", "libfoo.source||2|");
}

static bool differ(const char *a, const char *b)
{
	struct library_name x, y;
	bool answer;

	library_name_parse(a, &x);
	library_name_parse(b, &y);
	assert_true(library_names_related(&x, &y));
	assert_true(library_names_related(&y, &x));
	answer = library_versions_differ(&x, &y);
	assert_int_equal(answer, library_versions_differ(&y, &x));
	library_name_release(&x);
	library_name_release(&y);
	return answer;
}

static void versions(void **state)
{
	(void)state;
	assert_true(differ("libssl.so.1.1", "libssl.so.3"));
	assert_true(differ("libssl.so.1.0.0", "libssl.so.1.1"));
	assert_true(differ("libLLVM-14.so.1", "libLLVM-15.so.1"));
	assert_true(differ("libLLVM-15.so.1", "libLLVM.so.18.1"));
	assert_true(differ("libpython3.11.so.1.0", "libpython3.12.so.1.0"));
	assert_true(differ("libpng12.so.0", "libpng16.so.16"));
	assert_true(differ("libQt5Core.so.5", "libQt6Core.so.6"));
	assert_true(differ("libgfortran-1a2b3c4d.so.3.0.0", "libgfortran-5e6f7a8b.so.5.0.0"));
	/* The same major version: one library. */
	assert_false(differ("libgomp-a34b3233.so.1.0.0", "libgomp.so.1"));
	assert_false(differ("libgfortran-1a2b3c4d.so.5.0.0", "libgfortran-5e6f7a8b.so.5.1.0"));
	assert_false(differ("libz.so.1", "libz.so.1.2.13"));
	assert_false(differ("libplugin.so", "libplugin.so"));
	assert_true(differ("libLLVM-8.so.1", "libLLVM-9.so.1"));
	assert_true(differ("libfuse.so.2", "libfuse3.so.3"));
	assert_true(differ("libpng12-1a2b3c4d.so.0", "libpng16.so.16"));
}

static bool related(const char *a, const char *b)
{
	struct library_name x, y;
	bool answer;

	library_name_parse(a, &x);
	library_name_parse(b, &y);
	answer = library_names_related(&x, &y);
	assert_int_equal(answer, library_names_related(&y, &x));
	library_name_release(&x);
	library_name_release(&y);
	return answer;
}

/* Numbers that are no versions: sizes, and plugins that are counted. */
static void strange_numbers(void **state)
{
	(void)state;
	assert_false(related("libpcre2-8.so.0", "libpcre2-16.so.0"));
	assert_false(related("libplugin1.so", "libplugin2.so"));
	assert_false(related("libw1.so.3", "libw22.so.3"));
	assert_false(related("libX11.so.6", "libX11-xcb.so.1"));
	assert_false(related("libglib-2.0.so.0", "libgobject-2.0.so.0"));
	assert_false(related("", ""));
	assert_false(related("a.so", "a.so"));
	assert_true(related("libplugin.so", "libplugin.so"));
	assert_true(related("libgtk-3.so.0", "libgtk-4.so.1"));
	assert_true(related("libsoup-2.4.so.1", "libsoup-3.0.so.0"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(families),        cmocka_unit_test(hashes),
		cmocka_unit_test(strangers),       cmocka_unit_test(versions),
		cmocka_unit_test(strange_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
