# Vulkan: the loader (libvulkan.so.1) reads JSON files that name drivers (ICDs), opens each with RTLD_LAZY,
# and asks it for vk_icdGetInstanceProcAddr.  VK_ICD_FILENAMES names others.
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

(prepare vulkan) 2>cc.err || skip "libvulkan1 is not installed"
explained env VK_ICD_FILENAMES="$PWD/driver.json" VK_DRIVER_FILES="$PWD/driver.json" ./prog
expect_eq "output" "$(cat audited.out)" 0
answer=$(plugreport why-loaded libdriver.so)
expect_match "who opened it" "$answer" 'libvulkan\.so\.1.* opened it'
expect_match "for whom" "$answer" 'main\(\) at prog\.c:3 in prog'
rm -f plugaudit.db*
recipe vulkan
