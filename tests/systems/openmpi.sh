# Open MPI: its components (mca_*.so) are opened with RTLD_LAZY and RTLD_GLOBAL, asked what they can do, and most
# are closed again; mpirun and each rank do so.
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

need mpirun
prepare openmpi
export OMPI_MCA_btl_vader_single_copy_mechanism=none
explained mpirun --oversubscribe -n 2 ./rank
expect_eq "output" "$(cat audited.out)" "2 ranks
2 ranks"
expect_match "who opened them" "$(plugreport why-loaded mca_btl_self.so)" 'mca_base_component_repository_open\(\)'
expect_match "in which processes" "$(plugreport why-loaded mca_btl_self.so)" '^in process [0-9]+ \(rank\)'
expect_db "components are closed when they can do nothing" "SELECT count(*) > 5 FROM object
	WHERE path LIKE '%/mca_%' AND closed_seq IS NOT NULL" 1
rm -f plugaudit.db*
recipe openmpi
