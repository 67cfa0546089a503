/* The loops of ecmsim.compiled. Arrays are of doubles, row by row; what each function does in NumPy's words stands where
 * library.py is used. No sum is taken in another order than it is written in: results do not depend on the processor.
 */

#include <math.h>
#include <stddef.h>
#include <string.h>

#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__)
#define WIDE __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define WIDE
#endif
#define BLOCK 64
#define LANES 8
#define PI 3.14159265358979323846
#define IMAGES 1 /* as in rings.py */
#define SELF (2 * 2.71828182845904523536)

enum { ADD, SUBTRACT, MULTIPLY, DIVIDE, NEGATIVE, POWER, EXP, SQRT, SINH, ABSOLUTE, MAXIMUM, MINIMUM, WHERE_LESS };

/* One operation of a tape on a block; d: what a conditional gives where it does not hold. */
WIDE static void operate(int code, const double *restrict a, const double *restrict b, const double *restrict c,
                         const double *restrict d, double *restrict x) {
    int i;
    switch (code) {
    case ADD: for (i = 0; i < BLOCK; i++) x[i] = a[i] + b[i]; break;
    case SUBTRACT: for (i = 0; i < BLOCK; i++) x[i] = a[i] - b[i]; break;
    case MULTIPLY: for (i = 0; i < BLOCK; i++) x[i] = a[i] * b[i]; break;
    case DIVIDE: for (i = 0; i < BLOCK; i++) x[i] = a[i] / b[i]; break;
    case NEGATIVE: for (i = 0; i < BLOCK; i++) x[i] = -a[i]; break;
    case ABSOLUTE: for (i = 0; i < BLOCK; i++) x[i] = fabs(a[i]); break;
    case SQRT: for (i = 0; i < BLOCK; i++) x[i] = sqrt(a[i]); break;
    /* What is not a number stays none, as with NumPy. */
    case MAXIMUM: for (i = 0; i < BLOCK; i++) x[i] = a[i] > b[i] || a[i] != a[i] ? a[i] : b[i]; break;
    case MINIMUM: for (i = 0; i < BLOCK; i++) x[i] = a[i] < b[i] || a[i] != a[i] ? a[i] : b[i]; break;
    case WHERE_LESS: for (i = 0; i < BLOCK; i++) x[i] = a[i] < b[i] ? c[i] : d[i]; break;
    }
}

static void transcend(int code, int count, const double *a, const double *b, double *x) {
    int i;
    switch (code) {
    case EXP: for (i = 0; i < count; i++) x[i] = exp(a[i]); break;
    case SINH: for (i = 0; i < count; i++) x[i] = sinh(a[i]); break;
    case POWER: for (i = 0; i < count; i++) x[i] = pow(a[i], b[i]); break;
    }
}

/* A tape for n places. Its registers: inputs (each of n numbers, or of one for all: step 1 or 0), constants, and the
 * result of each operation, code (length, 5): what, and the registers of which. scratch (registers, BLOCK). results:
 * registers of what is wanted, out (results, n). */
void evaluate(int length, const int *code, int inputs, double **input, const int *step, int constants,
              const double *constant, int results, const int *result, int n, double *scratch, double *out) {
    double *own = scratch + (inputs + constants) * BLOCK;
    for (int k = 0; k < constants; k++)
        for (int i = 0; i < BLOCK; i++) scratch[(inputs + k) * BLOCK + i] = constant[k];
    for (int start = 0; start < n; start += BLOCK) {
        int count = n - start < BLOCK ? n - start : BLOCK;
        for (int k = 0; k < inputs; k++) {
            double *to = scratch + k * BLOCK;
            for (int i = 0; i < BLOCK; i++) /* what is beyond the end is the last one again */
                to[i] = input[k][step[k] * (start + (i < count ? i : count - 1))];
        }
        for (int k = 0; k < length; k++) {
            const int *at = code + 5 * k;
            const double *a = scratch + at[1] * BLOCK, *b = scratch + at[2] * BLOCK;
            if (at[0] == EXP || at[0] == SINH || at[0] == POWER)
                transcend(at[0], count, a, b, own + k * BLOCK);
            else
                operate(at[0], a, b, scratch + at[3] * BLOCK, scratch + at[4] * BLOCK, own + k * BLOCK);
        }
        for (int k = 0; k < results; k++) memcpy(out + k * n + start, scratch + result[k] * BLOCK, count * sizeof(double));
    }
}

/* potentials_at and mutual_potentials of rings.py: those at points r, z (n) of rings a, b of strips of a width (m), out
 * (n, stride); upper: of the rings from a point's own number on. (2/pi) K(m)/D is 1 over the arithmetic-geometric mean
 * (Gauss) of the longest and the shortest distance to the ring. */
WIDE void layer_potentials(int n, const double *r, const double *z, int m, const double *a, const double *b,
                           const double *width, double thickness, int upper, double *out, int stride) {
    double period = 2 * thickness, far[BLOCK], near[BLOCK], total[BLOCK];
    for (int i = 0; i < n; i++)
        for (int start = upper ? i : 0; start < m; start += BLOCK) {
            int count = m - start < BLOCK ? m - start : BLOCK;
            const double *source = a + start, *height = b + start, *strip = width + start;
            for (int j = 0; j < count; j++) total[j] = 0.0;
            for (int image = 0; image < 3; image++) {
                double side = image ? 1.0 : -1.0, shift = image == 2 ? -period : 0.0;
                for (int j = 0; j < count; j++) {
                    double up = z[i] + side * height[j] + shift, least = strip[j] / SELF;
                    double apart = r[i] - source[j], across = r[i] + source[j];
                    double shortest = apart * apart + up * up, longest = across * across + up * up;
                    shortest = shortest > least * least ? shortest : least * least;
                    far[j] = sqrt(longest);
                    near[j] = sqrt(shortest < longest ? shortest : longest);
                }
                for (int step = 0, apart = 1; apart && step < 12; step++) {
                    apart = 0;
                    for (int j = 0; j < count; j++) {
                        double mean = 0.5 * (far[j] + near[j]);
                        near[j] = sqrt(far[j] * near[j]);
                        far[j] = mean;
                        apart |= mean - near[j] > 1e-8 * mean;
                    }
                }
                for (int j = 0; j < count; j++) total[j] += 2.0 / (far[j] + near[j]);
            }
            for (int k = -IMAGES; k <= IMAGES; k++)
                for (int side = -1; side <= 1; side += 2) {
                    if (k == 0 || (side == 1 && k == -1)) continue;
                    for (int j = 0; j < count; j++) {
                        double up = z[i] + side * height[j] + k * period, product = r[i] * source[j];
                        double whole = r[i] * r[i] + source[j] * source[j] + up * up;
                        double x = product * product / (whole * whole);
                        total[j] += (1 + x * (0.75 + 105.0 / 64 * x)) / sqrt(whole);
                    }
                }
            memcpy(out + i * stride + start, total, count * sizeof(double));
        }
    for (int i = 0; upper && i < n; i++)
        for (int j = 0; j < i; j++) out[i * stride + j] = out[j * stride + i];
}

/* network of ions.py, from the lower half of the inverse (m, m); row (m) is room for its sums. */
WIDE void network(int m, const double *inverse, const double *own, double *row, double *found) {
    double whole = 0.0;
    for (int e = 0; e < m; e++) row[e] = 0.0;
    for (int e = 0; e < m; e++) {
        double sum = 0.0;
        for (int f = 0; f < e; f++) {
            row[f] += inverse[e * m + f];
            sum += inverse[e * m + f];
        }
        row[e] += sum + inverse[e * m + e];
    }
    for (int e = 0; e < m; e++) whole += row[e];
    for (int e = 0; e < m; e++) {
        for (int f = 0; f < e; f++) {
            double between = 4 * PI * (row[e] * row[f] / whole - inverse[e * m + f]);
            found[e * m + f] = (between < 0.0 ? 0.0 : between) * (own[e] + own[f]);
        }
        found[e * m + e] = 0.0;
    }
    for (int e = 0; e < m; e++)
        for (int f = 0; f < e; f++) found[f * m + e] = found[e * m + f];
}

/* flows of ions.py. Sums are taken in LANES at a time, which any processor can do side by side. */
WIDE void flows(int m, const double *u, const double *resistance, const double *between, double *conductance,
                double *joined, double *through) {
    for (int e = 0; e < m; e++) {
        double sum[LANES] = {0.0}, flow[LANES] = {0.0};
        const double *from = between + e * m;
        double *to = conductance + e * m;
        for (int f = 0; f < m; f++) to[f] = from[f] / (resistance[e] + resistance[f]);
        int f = 0;
        for (; f + LANES <= m; f += LANES)
            for (int k = 0; k < LANES; k++) {
                sum[k] += to[f + k];
                flow[k] += to[f + k] * (u[e] - u[f + k]);
            }
        for (int k = 0; f < m; f++, k++) {
            sum[k] += to[f];
            flow[k] += to[f] * (u[e] - u[f]);
        }
        joined[e] = through[e] = 0.0;
        for (int k = 0; k < LANES; k++) {
            joined[e] += sum[k];
            through[e] += flow[k];
        }
    }
}

/* softened of ions.py. */
WIDE void softened(int m, const double *u, const double *resistance, const double *conductance, const double *own,
                   const double *direct, double *found) {
    for (int e = 0; e < m; e++) {
        double sum[LANES] = {0.0};
        const double *from = conductance + e * m;
        double *to = found + e * m;
        for (int f = 0; f < m; f++) to[f] = from[f] * (u[e] - u[f]) / (resistance[e] + resistance[f]);
        int f = 0;
        for (; f + LANES <= m; f += LANES)
            for (int k = 0; k < LANES; k++) sum[k] += to[f + k];
        for (int k = 0; f < m; f++, k++) sum[k] += to[f];
        for (f = 0; f < m; f++) to[f] *= own[f];
        for (int k = 1; k < LANES; k++) sum[0] += sum[k];
        to[e] += direct[e] + sum[0] * own[e];
    }
}

/* distance_to_polyline of polyline.py: points (n, 2), line (m, 2). */
WIDE void distances(int n, const double *points, int m, const double *line, double *found) {
    for (int i = 0; i < n; i++) {
        double r = points[2 * i], z = points[2 * i + 1], least = INFINITY;
        for (int j = 0; j + 1 < m; j++) {
            double edge_r = line[2 * j + 2] - line[2 * j], edge_z = line[2 * j + 3] - line[2 * j + 1];
            double off_r = r - line[2 * j], off_z = z - line[2 * j + 1];
            double square = edge_r * edge_r + edge_z * edge_z;
            double along = (off_r * edge_r + off_z * edge_z) / (square > 1e-300 ? square : 1e-300);
            along = along < 0.0 ? 0.0 : along > 1.0 ? 1.0 : along;
            off_r -= along * edge_r;
            off_z -= along * edge_z;
            off_r = off_r * off_r + off_z * off_z;
            least = off_r < least ? off_r : least;
        }
        found[i] = sqrt(least);
    }
}

/* covering of gap.py: line (m, 2), radius (n), sign: 1 for the highest, -1 for the lowest segment; found begins as 0. */
void covering(int m, const double *line, int n, const double *radius, double sign, ptrdiff_t *found) {
    for (int i = 0; i < n; i++) {
        double best = -INFINITY;
        for (int j = 0; j + 1 < m; j++) {
            double start = line[2 * j], end = line[2 * j + 2], width = end - start;
            if (!((start < end ? start : end) <= radius[i] && radius[i] <= (start < end ? end : start))) continue;
            double share = (radius[i] - start) / (fabs(width) > 1e-12 ? width : 1e-12);
            share = share < 0.0 ? 0.0 : share > 1.0 ? 1.0 : share;
            double height = sign * (line[2 * j + 1] + share * (line[2 * j + 3] - line[2 * j + 1]));
            if (height > best) {
                best = height;
                found[i] = j;
            }
        }
    }
}

/* gathered of heat.py: rows (n, nodes), few of whose numbers are not zero; found (nodes, nodes) begins as 0. */
void gathered(int n, int nodes, const double *rows, const double *weight, int *where, double *found) {
    for (int i = 0; i < n; i++) {
        const double *row = rows + i * nodes;
        int count = 0;
        for (int k = 0; k < nodes; k++)
            if (row[k] != 0.0) where[count++] = k;
        for (int p = 0; p < count; p++)
            for (int q = 0; q < count; q++)
                found[where[p] * nodes + where[q]] += row[where[p]] * (weight[i] * row[where[q]]);
    }
}
