package lanewise.kernel;

/** {@link NonZeros}, without a branch to mispredict. */
interface ScalarNonZeros extends NonZeros {

    @Override
    default int nonZeros(float[] x, int xo, int n, int[] positions, int po) {
        return nonZerosFrom(0, x, xo, n, positions, po);
    }

    @Override
    default int copyNonZeros(float[] x, int xo, int n, float[] y, int yo, int[] positions, int po) {
        System.arraycopy(x, xo, y, yo, n);
        return nonZeros(y, yo, n, positions, po);
    }

    @Override
    default int nonZerosOfRows(float[] x, int xo, int xs, int n, int[] positions, int po) {
        return nonZerosOfRowsFrom(0, x, xo, xs, n, positions, po);
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
        int count = nonZeros(x, xo, n, rows, 0);
        exchangeListed(x, xo, 0, count, wo, stride, waiting, u, update, rows, updates, inputs, factors);
        return count;
    }

    /** {@link #exchange} once rows, from … to − 1, holds the positions of non-zero inputs. */
    static void exchangeListed(
            float[] x,
            int xo,
            int from,
            int to,
            int wo,
            int stride,
            int[] waiting,
            float[] u,
            int update,
            int[] rows,
            int[] updates,
            float[] inputs,
            float[] factors) {
        for (int k = from; k < to; k++) {
            int i = rows[k];
            float v = x[xo + i];
            rows[k] = wo + i * stride;
            updates[k] = waiting[i];
            inputs[k] = v;
            factors[k] = u[i];
            waiting[i] = update;
            u[i] = v;
        }
    }

    /** {@link #nonZeros} from element {@code first} on. */
    static int nonZerosFrom(int first, float[] x, int xo, int n, int[] positions, int po) {
        int count = 0;
        for (int i = first; i < n; i++) {
            positions[po + count] = i;
            // 1 for every bit pattern but those of +0.0 and −0.0, without a branch to mispredict
            int bits = Float.floatToRawIntBits(x[xo + i]) << 1;
            count += (bits | -bits) >>> 31;
        }
        return count;
    }

    /** {@link #nonZerosOfRows} from element {@code first} of each row on. */
    static int nonZerosOfRowsFrom(int first, float[] x, int xo, int xs, int n, int[] positions, int po) {
        int count = 0;
        for (int i = first; i < n; i++) {
            positions[po + count] = i;
            int bits = 0;
            for (int r = 0, at = xo + i; r < Kernels.ROWS; r++, at += xs) bits |= Float.floatToRawIntBits(x[at]) << 1;
            count += (bits | -bits) >>> 31;
        }
        return count;
    }
}
