package lanewise.kernel;

/** {@link NonZeros} in the plainest loops. */
interface NaiveNonZeros extends NonZeros, KernelCases.Noting {

    @Override
    default int nonZeros(float[] x, int xo, int n, int[] positions, int po) {
        note();
        int count = 0;
        for (int i = 0; i < n; i++) if (x[xo + i] != 0f) positions[po + count++] = i;
        return count;
    }

    @Override
    default int copyNonZeros(float[] x, int xo, int n, float[] y, int yo, int[] positions, int po) {
        note();
        for (int i = 0; i < n; i++) y[yo + i] = x[xo + i];
        return nonZeros(x, xo, n, positions, po);
    }

    @Override
    default int nonZerosOfRows(float[] x, int xo, int xs, int n, int[] positions, int po) {
        note();
        int count = 0;
        for (int i = 0; i < n; i++) {
            boolean any = false;
            for (int r = 0; r < 4; r++) any |= x[xo + r * xs + i] != 0f;
            if (any) positions[po + count++] = i;
        }
        return count;
    }

    @Override
    default int exchange(
            float[] x,
            int xo,
            int n,
            int wo,
            int stride,
            int[] waiting,
            float[] u,
            int update,
            int[] rows,
            int[] updates,
            float[] inputs,
            float[] factors) {
        note();
        int count = 0;
        for (int i = 0; i < n; i++)
            if (x[xo + i] != 0f) {
                rows[count] = wo + i * stride;
                inputs[count] = x[xo + i];
                updates[count] = waiting[i];
                factors[count] = u[i];
                count++;
                waiting[i] = update;
                u[i] = x[xo + i];
            }
        return count;
    }
}
