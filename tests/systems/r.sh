# R packages with native code: library() leads to library.dynam(), which opens PACKAGE.so with RTLD_NOW and
# RTLD_LOCAL; R's own libR.so serves all of them.  R is started through shell scripts that set
# LD_LIBRARY_PATH: many processes, of which one is R.
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

need Rscript
explained Rscript -e 'library(splines); cat(dim(bs(1:10)), "\n")'
expect_eq "output" "$(cat audited.out)" "10 3 "
answer=$(plugreport why-loaded splines.so)
expect_match "who opened it" "$answer" 'dlopen\(".*/splines/libs/splines\.so", RTLD_NOW\) called from .*libR\.so'
expect_match "libR.so" "$(plugreport why-loaded libR.so)" 'found by LD_LIBRARY_PATH'
expect_match "LAPACK" "$(plugreport objects '*lapack*' '*blas*')" 'blas'
rm -f plugaudit.db*
recipe r
