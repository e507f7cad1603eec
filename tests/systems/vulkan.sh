# Vulkan: the loader (libvulkan.so.1) reads JSON files that name drivers (ICDs), opens each with RTLD_LAZY,
# and asks it for vk_icdGetInstanceProcAddr.  VK_ICD_FILENAMES names others.
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

so libdriver.so <<'END'
#include <string.h>
typedef void (*function)(void);
static int extensions(const char *layer, unsigned *count, void *list) { *count = 0; return 0; }
static int refuse(const void *info, const void *allocator, void **instance) { return -9; }
int vk_icdNegotiateLoaderICDInterfaceVersion(unsigned *version) { *version = 5; return 0; }
function vk_icdGetInstanceProcAddr(void *instance, const char *name)
{
	if (strcmp(name, "vkEnumerateInstanceExtensionProperties") == 0)
		return (function)extensions;
	return strcmp(name, "vkCreateInstance") == 0 ? (function)refuse : (function)0;
}
END
echo "{ \"file_format_version\": \"1.0.0\", \"ICD\": { \"library_path\": \"$PWD/libdriver.so\", \"api_version\": \"1.1.0\" } }" >driver.json
cat >prog.c <<'END'
int vkEnumerateInstanceExtensionProperties(const char *, unsigned *, void *);
int printf(const char *, ...);
int main(void) { unsigned n = 0; printf("%d\n", vkEnumerateInstanceExtensionProperties(0, &n, 0)); return 0; }
END
$CC -g -o prog prog.c -l:libvulkan.so.1 2>cc.err || skip "libvulkan1 is not installed"
explained env VK_ICD_FILENAMES="$PWD/driver.json" VK_DRIVER_FILES="$PWD/driver.json" ./prog
expect_eq "output" "$(cat audited.out)" 0
answer=$(plugreport why-loaded libdriver.so)
expect_match "who opened it" "$answer" 'libvulkan\.so\.1.* opened it'
expect_match "for whom" "$answer" 'main\(\) at prog\.c:3 in prog'
rm -f plugaudit.db*
recipe vulkan
